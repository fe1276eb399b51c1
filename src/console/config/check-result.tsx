import type { JSX } from 'preact';
import type { ConfigChange } from '../api/config-contract.ts';
import { plural } from '../format/amounts.ts';
import { Badge } from '../ui/badge.tsx';
import { readDiagnostic } from './diagnostic-line.ts';
import { DiffView } from './diff-view.tsx';
import type { Checked } from './use-check.ts';

interface ResultProps {
  readonly checked: Checked;
  readonly before: string;
  readonly after: string;
  /** Warnings about the configuration that holds. */
  readonly standing: readonly string[];
  readonly jump: (line: number, column: number | undefined) => void;
}

/** Verdict of the server on the text: errors with their places, warnings, and what would change. */
export function CheckResult({ checked, before, after, standing, jump }: ResultProps): JSX.Element {
  const check = checked.state === 'checked' ? checked.check : undefined;
  const warnings = check?.warnings ?? (checked.state === 'unchanged' ? standing : []);
  return (
    <aside class="panel check" aria-label="Check">
      <p class="check-state" role="status" id="check-result">
        <State checked={checked} />
      </p>
      {check && check.errors.length > 0 ? <Diagnostics texts={check.errors} tone="bad" jump={jump} /> : null}
      {warnings.length > 0 ? <Diagnostics texts={warnings} tone="warn" jump={jump} /> : null}
      {check?.ok ? <Changes changes={check.changes} /> : null}
      {checked.state === 'unchanged' ? null : <DiffView before={before} after={after} />}
    </aside>
  );
}

function State({ checked }: { readonly checked: Checked }): JSX.Element {
  switch (checked.state) {
    case 'unchanged':
      return (
        <span class="faint">This is the file that holds. Change it, and it is checked while you write.</span>
      );
    case 'checking':
      return <Badge tone="calm">Checking …</Badge>;
    case 'failed':
      return <Badge tone="bad">{checked.error.message}</Badge>;
    case 'checked': {
      const { ok, errors } = checked.check;
      return ok ? (
        <Badge tone="good">No errors</Badge>
      ) : (
        <Badge tone="bad">{plural(errors.length, 'error')}</Badge>
      );
    }
    default:
      return checked satisfies never;
  }
}

interface DiagnosticsProps {
  readonly texts: readonly string[];
  readonly tone: 'bad' | 'warn';
  readonly jump: ResultProps['jump'];
}

function Diagnostics({ texts, tone, jump }: DiagnosticsProps): JSX.Element {
  return (
    <ul class={`diagnostics ${tone}`}>
      {texts.map((text) => {
        const { line, column, sentence } = readDiagnostic(text);
        return (
          <li key={text}>
            {line === undefined ? null : (
              <button type="button" class="button quiet" onClick={() => jump(line, column)}>
                Line {line}
              </button>
            )}
            <span>{sentence}</span>
          </li>
        );
      })}
    </ul>
  );
}

function Changes({ changes }: { readonly changes: readonly ConfigChange[] }): JSX.Element {
  if (changes.length === 0) return <p class="check-note faint">No setting changes.</p>;
  return (
    <ul class="changes">
      {changes.map(({ path, from, to }) => (
        <li key={path}>
          <span class="mono">{path}</span>
          <span class="mono change">
            <span class="change-from">{from ?? 'not set'}</span>
            <span aria-hidden="true"> → </span>
            <span class="unseen">becomes</span>
            <span class="change-to">{to ?? 'not set'}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
