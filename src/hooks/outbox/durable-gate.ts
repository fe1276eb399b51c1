import { randomUUID } from 'node:crypto';
import type { Authorizer, Gate, Verdict } from '../../model/authorization.ts';
import type { Clock, Timer } from '../../model/clock.ts';
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
import type { QuestionWatcher } from '../question.ts';

/** A gate that says on its way whether a backend may have heard a question. */
export interface WatchedAuthorizer extends Authorizer {
  authorize(event: GateEvent, signal: AbortSignal, watcher?: QuestionWatcher): Promise<Verdict>;
}

/** What a recorded gate needs of its configuration snapshot and its process. */
export interface DurableGateDeps {
  /** The recorder, which is there once the snapshot counts. */
  readonly recorder: () => EventRecorder;
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
 * that hands on events. A client that cannot be recorded is refused: no backend would learn of its end.
 */
export function durableGate(gate: WatchedAuthorizer, deps: DurableGateDeps): Gate {
  const { clock, stamper, isSubscribed, schema, timeoutMs } = deps;
  /** Connections about which no backend was asked: none is told of their end. */
  const unheard = new Set<string>();
  return {
    async authorize(event, signal) {
      const { action } = event;
      if (!isOpening(action) || !isSubscribed(CLOSING_OF[action], event.vhost))
        return gate.authorize(event, signal);
      const id = randomUUID();
      const recorder = deps.recorder();
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
      // A connection about which a backend was asked gets its on_close, also after a refusal; no other connection does.
      if (action === 'on_connect' ? !question.isSent : !verdict.allowed) recorder.withdraw(id);
      else if (verdict.allowed && verdict.grant?.stream !== undefined)
        recorder.rename(id, verdict.grant.stream);
      if (action === 'on_connect' && !question.isSent) unheard.add(visitOf(event));
      return verdict;
    },
    emit(event) {
      if (event.action === 'on_close' && unheard.delete(visitOf(event))) return;
      if (isSubscribed(event.action, event.vhost)) deps.recorder().emit(event, schema(event.vhost));
    },
    emitDurably(event) {
      if (!isSubscribed(event.action, event.vhost)) return Promise.resolve(true);
      return deps.recorder().emitDurably(event, schema(event.vhost));
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

/** Time that a question may wait to be sent before its record says that it waits, in milliseconds. */
const WAITING_AFTER_MS = 100;

/**
 * Has the record of an opening say whether its question may have been sent: one that is not sent soon is on record as
 * waiting until it is about to be, so that nobody is told of the end of what nobody was asked about, also after a crash.
 */
export class QuestionRecord implements QuestionWatcher {
  readonly #id: string;
  readonly #recorder: EventRecorder;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #isWaiting = false;
  #isSent = false;

  constructor(id: string, recorder: EventRecorder, clock: Clock) {
    this.#id = id;
    this.#recorder = recorder;
    this.#clock = clock;
    this.unsent();
  }

  /** True if a backend may have heard the question. */
  get isSent(): boolean {
    return this.#isSent;
  }

  beforeSend(): Promise<void> | undefined {
    this.close();
    if (!this.#isWaiting) return undefined;
    this.#isWaiting = false;
    return this.#recorder.resume(this.#id);
  }

  sent(): void {
    this.#isSent = true;
    // If it waited until now, an answer to the same question has come, and nothing is sent that would have to wait.
    void this.beforeSend();
  }

  unsent(): void {
    if (this.#isSent || this.#isWaiting) return;
    this.close();
    this.#timer = this.#clock.after(WAITING_AFTER_MS, () => {
      this.#isWaiting = true;
      this.#recorder.wait(this.#id);
    });
  }

  /** Nothing more comes of the question. */
  close(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }
}
