import { randomUUID } from 'node:crypto';
import type { Authorizer, Gate, Verdict } from '../../model/authorization.ts';
import type { Clock } from '../../model/clock.ts';
import { CLOSING_OF, type EventRecorder, type Recorded } from '../../model/event-recorder.ts';
import {
  type Action,
  GATE_ACTIONS,
  type GateAction,
  type GateEvent,
  type QuestionAction,
} from '../../model/events.ts';
import type { HookSchema } from '../../model/options.ts';
import type { Stamper } from '../event.ts';
import type { QuestionWatcher } from '../question-watcher.ts';
import { QuestionRecord } from './question-record.ts';

/** A gate that says on its way whether a backend may have heard a question. */
export interface WatchedAuthorizer extends Authorizer {
  authorize(event: GateEvent, signal: AbortSignal, watcher?: QuestionWatcher): Promise<Verdict>;
}

/** What a recorded gate needs of its configuration snapshot and its process. */
export interface DurableGateDeps {
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly stamper: Stamper;
  /** True if the vhost has a URL for this action. */
  isSubscribed(action: Action, vhost: string): boolean;
  /** How the backends of the vhost are spoken to. */
  schema(vhost: string): HookSchema;
  /** Time limit of an event's questions, in milliseconds. */
  timeoutMs(action: Action, vhost: string): number;
}

/**
 * A gate that has what a client opens recorded before it is asked about, if a backend is going to hear of its end, and
 * that hands on what is told. Whoever cannot be recorded is refused: nobody would be told that he left.
 */
export function durableGate(gate: WatchedAuthorizer, deps: DurableGateDeps): Gate {
  const { recorder, clock, stamper, isSubscribed, schema, timeoutMs } = deps;
  /** Connections about which no backend was asked: none is told of their end. */
  const unheard = new Set<string>();
  return {
    async authorize(event, signal) {
      const { action } = event;
      if (!isOpening(action) || !isSubscribed(CLOSING_OF[action], event.vhost))
        return gate.authorize(event, signal);
      const id = randomUUID();
      // Half of the time is left for the question itself.
      const patienceMs = timeoutMs(action, event.vhost) / 2;
      const recorded = await unlessAborted(
        recorder.open({ id, event: { ...event, action }, schema: schema(event.vhost), patienceMs }),
        signal,
      );
      if (recorded?.ok === false) {
        if (action === 'on_connect') unheard.add(visitOf(event));
        return { allowed: false, message: recorded.message };
      }
      if (recorded) stamper.follow(recorded.seq);
      const question = new QuestionRecord(id, recorder, clock);
      const verdict = recorded ? await gate.authorize(event, signal, question) : GONE;
      question.close();
      // Whoever was asked to connect is closed, also after a refusal; and nobody else is, whoever let him in.
      if (action === 'on_connect' ? !question.isSent : !verdict.allowed) recorder.withdraw(id);
      else if (verdict.allowed && verdict.grant?.stream !== undefined)
        recorder.rename(id, verdict.grant.stream);
      if (action === 'on_connect' && !question.isSent) unheard.add(visitOf(event));
      return verdict;
    },
    emit(event) {
      if (event.action === 'on_close' && unheard.delete(visitOf(event))) return;
      if (isSubscribed(event.action, event.vhost)) recorder.emit(event, schema(event.vhost));
    },
    emitDurably(event) {
      if (!isSubscribed(event.action, event.vhost)) return Promise.resolve(true);
      return recorder.emitDurably(event, schema(event.vhost));
    },
    isInterested: (action, vhost) => gate.isInterested(action, vhost),
  };
}

const GONE: Verdict = { allowed: false, message: 'The client has gone.' };

function isOpening(action: QuestionAction): action is GateAction {
  return GATE_ACTIONS.some((opening) => opening === action);
}

function visitOf({ client, vhost }: Pick<GateEvent, 'client' | 'vhost'>): string {
  return `${client.number} ${vhost}`;
}

/** Undefined if the client goes meanwhile. */
function unlessAborted(recorded: Promise<Recorded>, signal: AbortSignal): Promise<Recorded | undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const leave = () => resolve(undefined);
    signal.addEventListener('abort', leave);
    void recorded.then((answer) => {
      signal.removeEventListener('abort', leave);
      resolve(answer);
    });
  });
}
