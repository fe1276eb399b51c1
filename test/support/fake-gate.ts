import { ALLOWED, type Gate, type Grant, type Verdict } from '../../src/model/authorization.ts';
import {
  type ClosingEvent,
  type EmittedEvent,
  GATE_ACTIONS,
  type GateEvent,
  type NoticeAction,
  type NoticeEvent,
  type PersistedEvent,
  type QuestionAction,
} from '../../src/model/events.ts';

/** A question that the gate was asked and has not answered. */
export interface Question {
  readonly event: GateEvent;
  readonly signal: AbortSignal;
  answer(verdict: Verdict): void;
}

export const refused = (message: string): Verdict => ({ allowed: false, message });

const GATES: ReadonlySet<string> = new Set(GATE_ACTIONS);

/** A gate that notes what it hears, and says yes unless told otherwise. */
export class FakeGate implements Gate {
  readonly asked: GateEvent[] = [];
  readonly told: ClosingEvent[] = [];
  readonly noticed: NoticeEvent[] = [];
  /** Everything in order: `ask on_publish key`, `tell on_unpublish key client`. */
  readonly log: string[] = [];
  readonly #verdicts = new Map<QuestionAction, Verdict>();
  readonly #slow = new Set<QuestionAction>();
  readonly #heard = new Set<NoticeAction>();
  readonly #ignored = new Set<QuestionAction | NoticeAction>();
  readonly #open: Question[] = [];
  readonly #waiting: ((question: Question) => void)[] = [];
  #lateVerdict: Verdict = refused('the client has gone');

  /** From now on this is the answer to that kind of question. */
  answers(action: QuestionAction, verdict: Verdict): this {
    this.#verdicts.set(action, verdict);
    return this;
  }

  /** From now on it wants to hear of this. */
  hears(action: NoticeAction): this {
    this.#heard.add(action);
    return this;
  }

  /** From now on it does not want to be asked this. */
  ignores(action: QuestionAction): this {
    this.#ignored.add(action);
    return this;
  }

  /** From now on the test answers that kind of question, by `question`. */
  keepsWaiting(action: QuestionAction): this {
    this.#slow.add(action);
    return this;
  }

  /** A question whose client leaves is answered with a yes that was on its way. */
  allowsTheLate(grant?: Grant): this {
    this.#lateVerdict = grant ? { allowed: true, grant } : ALLOWED;
    return this;
  }

  /** The next question that is to be answered by hand. */
  question(): Promise<Question> {
    const open = this.#open.shift();
    return open ? Promise.resolve(open) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  authorize(event: GateEvent, signal: AbortSignal): Promise<Verdict> {
    this.asked.push(event);
    this.log.push(`ask ${event.action} ${event.stream || event.app}`);
    if (!this.#slow.has(event.action)) {
      return Promise.resolve(this.#verdicts.get(event.action) ?? ALLOWED);
    }
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(this.#lateVerdict));
      const question = { event, signal, answer: resolve };
      const waiting = this.#waiting.shift();
      if (waiting) waiting(question);
      else this.#open.push(question);
    });
  }

  emit(event: EmittedEvent): void {
    if ('reason' in event) this.told.push(event);
    else this.noticed.push(event);
    const reason = 'reason' in event ? ` ${event.reason}` : '';
    this.log.push(`tell ${event.action} ${event.stream || event.app}${reason}`);
  }

  /** Keeps no records: nothing has to be told again. */
  emitDurably(event: PersistedEvent): Promise<boolean> {
    this.log.push(`entrust ${event.action} ${event.stream}`);
    return Promise.resolve(true);
  }

  /** Beyond the three gates only what somebody has said to answer or to hear. */
  isInterested(action: QuestionAction | NoticeAction): boolean {
    const expected: ReadonlySet<string> = new Set([...this.#verdicts.keys(), ...this.#slow, ...this.#heard]);
    return expected.has(action) || (GATES.has(action) && !this.#ignored.has(action));
  }
}
