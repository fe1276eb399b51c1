import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { ApiError } from '../api/client.ts';
import type { ConfigApplied, Configuration } from '../api/config-contract.ts';
import { plural } from '../format/amounts.ts';
import { useConsole } from '../live/console-context.ts';
import { Confirm } from '../ui/confirm.tsx';
import { CheckResult } from './check-result.tsx';
import { readDiagnostic } from './diagnostic-line.ts';
import { selectLine } from './select-line.ts';
import { TextArea } from './text-area.tsx';
import { useCheck } from './use-check.ts';

interface EditorProps {
  readonly config: Configuration;
  /** Line at which to begin; 0 is nowhere in particular. */
  readonly line: number;
  /** Asks the server for the configuration that holds now. */
  readonly reload: () => void;
}

/** Changes the file of the configuration: checked while somebody writes, shown as a difference, then applied. */
export function Editor({ config, line, reload }: EditorProps): JSX.Element {
  const { api, say } = useConsole();
  const { route } = useLocation();
  const [text, setText] = useState(config.text);
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [conflict, setConflict] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const checked = useCheck(text, config.text);
  useEffect(() => {
    if (line > 0) selectLine(area.current, line);
  }, [line]);
  useWarnBeforeLeaving(text !== config.text);

  const check = checked.state === 'checked' ? checked.check : undefined;
  const errors = check?.errors.map(readDiagnostic) ?? [];
  const marked = new Set(errors.flatMap((error) => error.line ?? []));
  const applied = (result: ConfigApplied) => {
    if (!result.applied) return say(result.errors[0] ?? 'The server did not take the configuration.', 'bad');
    say('The new configuration holds.');
    reload();
    route('/console/config');
  };
  const apply = async () => {
    setBusy(true);
    try {
      applied(await api.applyConfig(text, config.etag));
    } catch (error) {
      const { status, message } = error as ApiError;
      setConflict(status === 409);
      say(message, 'bad');
    }
    setBusy(false);
  };
  return (
    <div class="editor">
      <section class="panel editor-main" aria-label="Editor">
        <TextArea area={area} text={text} change={setText} marked={marked} />
        <div class="editor-foot">
          <button
            type="button"
            class="button quiet"
            disabled={text === config.text}
            onClick={() => setText(config.text)}
          >
            Discard changes
          </button>
          <button
            type="button"
            class="button primary"
            disabled={!check?.ok || busy}
            onClick={() => setAsking(true)}
          >
            {busy ? 'Applying …' : 'Apply …'}
          </button>
        </div>
      </section>
      <CheckResult
        checked={checked}
        before={config.text}
        after={text}
        standing={config.warnings}
        jump={(to, column) => selectLine(area.current, to, column)}
      />
      {conflict ? (
        <p class="panel conflict" role="alert">
          Somebody has changed the file since it was loaded here. Copy what you need, then
          <button type="button" class="button" onClick={reload}>
            Load it again
          </button>
        </p>
      ) : null}
      {asking ? (
        <Confirm
          title="Apply this configuration?"
          text={`${plural(check?.changes.length ?? 0, 'setting')} will change. The file is written and reloaded; clients that are connected keep what they began with.`}
          verb="Apply"
          confirm={() => void apply()}
          close={() => setAsking(false)}
        />
      ) : null}
    </div>
  );
}

/** The browser asks before it leaves a page on which something is written. */
function useWarnBeforeLeaving(changed: boolean): void {
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [changed]);
}
