import type { JSX } from 'preact';
import { CopyButton } from '../ui/copy-button.tsx';
import { Json } from '../ui/json.tsx';
import { prettyBody } from './pretty-body.ts';

interface ExchangeProps {
  readonly title: string;
  readonly line: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** One direction of a delivery: its first line, its body, and its headers. */
export function Exchange({ title, line, headers, body }: ExchangeProps): JSX.Element {
  const pretty = prettyBody(body);
  return (
    <section class="panel" aria-label={title}>
      <div class="panel-head">
        <h3>{title}</h3>
        <CopyButton text={body} what={`body of the ${title.toLowerCase()}`} />
      </div>
      <p class="exchange-line mono">{line}</p>
      <pre class="exchange-body">
        {pretty.json ? <Json text={pretty.text} /> : pretty.text || <span class="faint">empty</span>}
      </pre>
      <details class="exchange-headers">
        <summary>Headers ({headers.length})</summary>
        <dl>
          {headers.map(([name, value], index) => (
            <div key={`${index} ${name}`}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </section>
  );
}
