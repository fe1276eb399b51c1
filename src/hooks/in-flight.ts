import type { Clock } from '../model/clock.ts';
import { ABANDONED, CLIENT_GONE, type Decision } from './decision.ts';
import type { GateDeadline } from './gate-deadline.ts';
import { inTurns } from './in-turns.ts';
import type { QuestionWatchers } from './question-watcher.ts';

/** A question that is out, and who waits for it. It is given up when the last of them has left. */
export class InFlight {
  readonly decision: Promise<Decision>;
  /** Those who have to know when it is sent. */
  readonly watchers: QuestionWatchers;
  readonly #limit: GateDeadline;
  #made: Decision | undefined;
  readonly #waiting = new Set<(decision: Decision) => void>();

  constructor(limit: GateDeadline, decision: Promise<Decision>, watchers: QuestionWatchers, clock: Clock) {
    this.#limit = limit;
    this.watchers = watchers;
    this.decision = decision;
    void decision.then((made) => {
      this.#made = made;
      inTurns(clock, [...this.#waiting], (tell) => tell(made));
    });
  }

  /** True once it has been given up: whoever wants an answer has to ask anew. */
  get givenUp(): boolean {
    return this.#limit.givenUp;
  }

  /** Waits with the others for the answer, or until the client leaves. */
  join(client: AbortSignal): Promise<Decision> {
    if (this.#made !== undefined) return Promise.resolve(this.#made);
    return new Promise((resolve) => {
      const tell = (decision: Decision) => {
        client.removeEventListener('abort', leave);
        this.#waiting.delete(tell);
        resolve(decision);
      };
      const leave = () => {
        tell(ABANDONED);
        if (this.#waiting.size === 0) this.#limit.end(CLIENT_GONE);
      };
      this.#waiting.add(tell);
      if (client.aborted) leave();
      else client.addEventListener('abort', leave, { once: true });
    });
  }
}
