import type { Action, BreakerState, Delivery, DeliveryOutcome, UrlHealth } from '../api/contract.ts';

/** Meaning of each event for a backend. */
export const EVENTS: Readonly<Record<Action, { readonly question: boolean; readonly means: string }>> = {
  on_connect: { question: true, means: 'May this client connect?' },
  on_publish: { question: true, means: 'May this client publish?' },
  on_play: { question: true, means: 'May this client play?' },
  on_update: { question: true, means: 'May this client stay?' },
  on_publish_busy: { question: true, means: 'May this client take the stream over?' },
  on_unpublish: { question: false, means: 'A publish has ended.' },
  on_stop: { question: false, means: 'A play has ended.' },
  on_close: { question: false, means: 'A connection has ended.' },
  on_not_found: { question: false, means: 'A player waits for a stream that is not there.' },
  on_idle: { question: false, means: 'The last player has left.' },
  on_dvr: { question: false, means: 'A recording is complete.' },
  on_hls: { question: false, means: 'A segment is complete.' },
  server_started: { question: false, means: 'The server has started.' },
  server_stopping: { question: false, means: 'The server is stopping.' },
};

/** Sentence on what an event is about. */
export function meaningOf(action: Action): string {
  return EVENTS[action].means;
}

/** One word for what came of a delivery. */
export function outcomeWord({ action, outcome }: Pick<Delivery, 'action' | 'outcome'>): string {
  if (outcome === 'allowed') return EVENTS[action].question ? 'allowed' : 'delivered';
  return outcome === 'skipped' ? 'not sent' : outcome;
}

/** Sentences on what came of a delivery and why. */
export function verdictSentence(delivery: Delivery): string {
  const { action, outcome, response } = delivery;
  const { question } = EVENTS[action];
  const reason = reasonOf(delivery);
  switch (outcome) {
    case 'allowed':
      return question
        ? `The backend said yes, with status ${response?.status ?? '?'}.`
        : 'The backend has taken the event.';
    case 'refused':
      return question
        ? `The backend refused: ${reason}. The client was turned away.`
        : `The backend did not take the event: ${reason}.`;
    case 'failed':
      return question
        ? `No answer that counts: ${reason}. The client was turned away.`
        : `It did not arrive: ${reason}. It will be sent again.`;
    case 'skipped':
      return `Nothing was sent: ${reason}.`;
    default:
      return outcome satisfies never;
  }
}

/** Why, as the server says it, so that it can stand in a sentence that has the URL already. */
function reasonOf({ why, url }: Delivery): string {
  return why.replace(`The backend ${url} `, 'the backend ').replace(/\.$/, '');
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm';

export const OUTCOME_TONES: Readonly<Record<DeliveryOutcome, Tone>> = {
  allowed: 'good',
  refused: 'warn',
  failed: 'bad',
  skipped: 'calm',
};

interface BackendWords {
  readonly word: string;
  readonly tone: Tone;
  readonly means: string;
}

/** Sentence on how the server treats a backend whose breaker is not closed. */
const BREAKERS: Readonly<Record<Exclude<BreakerState, 'closed'>, BackendWords>> = {
  half_open: {
    word: 'on trial',
    tone: 'warn',
    means: 'One request tries whether the backend recovered.',
  },
  open: {
    word: 'left alone',
    tone: 'bad',
    means: 'It did not answer in time, time after time; single requests try whether it does.',
  },
};

const UNREACHABLE: BackendWords = {
  word: 'unreachable',
  tone: 'bad',
  means: 'There is no connection to it; clients wait until there is.',
};
const ANSWERING: BackendWords = { word: 'answering', tone: 'good', means: 'Requests go through.' };
const NOT_ANSWERING: BackendWords = {
  word: 'no answer yet',
  tone: 'warn',
  means: 'Requests are sent, and none has been answered since the server started.',
};
const NEVER_ASKED: BackendWords = {
  word: 'not asked yet',
  tone: 'calm',
  means: 'Nothing has been sent there since the server started.',
};

/** Word for how a backend fares: whether it answers is known only of one that has. */
export function describeBackend({
  breaker,
  reachable,
  outcomes,
}: Pick<UrlHealth, 'breaker' | 'reachable' | 'outcomes'>): BackendWords {
  if (!reachable) return UNREACHABLE;
  if (breaker !== 'closed') return BREAKERS[breaker];
  if (outcomes.allowed + outcomes.refused > 0) return ANSWERING;
  return outcomes.failed > 0 ? NOT_ANSWERING : NEVER_ASKED;
}
