import type { JSX } from 'preact';
import type { Delivery } from '../api/contract.ts';
import { formatMoment } from '../format/times.ts';
import { meaningOf, OUTCOME_TONES, outcomeWord, verdictSentence } from '../format/verdict.ts';
import { Badge } from '../ui/badge.tsx';
import { Exchange } from './exchange.tsx';
import { ReplayButton } from './replay-button.tsx';
import { TimingBar } from './timing-bar.tsx';

/** Everything about a delivery: what was asked, what was answered, and what came of it. */
export function DeliveryView({
  delivery,
  search,
}: {
  readonly delivery: Delivery;
  readonly search: string;
}): JSX.Element {
  const { id, eventId, at, action, vhost, app, stream, clientId, url, attempt, request, response, outcome } =
    delivery;
  const place = [vhost, app, stream].filter((part) => part !== '').join(' / ');
  return (
    <div class="delivery">
      <header class="delivery-head">
        <h2>
          {action} <span class="faint">{meaningOf(action)}</span>
        </h2>
        <p class={`verdict ${OUTCOME_TONES[outcome]}`}>
          <Badge tone={OUTCOME_TONES[outcome]}>{outcomeWord(delivery)}</Badge>
          {verdictSentence(delivery)}
        </p>
      </header>
      <dl class="delivery-facts">
        <div>
          <dt>Stream</dt>
          <dd>{place || '–'}</dd>
        </div>
        <div>
          <dt>Client</dt>
          <dd class="mono">
            {clientId === '' ? (
              '–'
            ) : (
              <a href={`/console/hooks?client=${encodeURIComponent(clientId)}`}>{clientId}</a>
            )}
          </dd>
        </div>
        <div>
          <dt>When</dt>
          <dd>{formatMoment(at)}</dd>
        </div>
        <div>
          <dt>Attempt</dt>
          <dd>{attempt}</dd>
        </div>
        <div>
          <dt>Event</dt>
          <dd class="mono">{eventId}</dd>
        </div>
      </dl>
      <TimingBar timing={delivery.timing} />
      <div class="exchange">
        <Exchange title="Request" line={`POST ${url}`} headers={request.headers} body={request.body} />
        {response ? (
          <Exchange
            title="Response"
            line={`status ${response.status}`}
            headers={response.headers}
            body={response.body}
          />
        ) : (
          <section class="panel" aria-label="Response">
            <div class="panel-head">
              <h3>Response</h3>
            </div>
            <p class="panel-body faint">No answer came.</p>
          </section>
        )}
      </div>
      <ReplayButton id={id} search={search} />
    </div>
  );
}
