import { ABANDONED, CLIENT_GONE, type Decision } from './decision.ts';
import type { TimeLimit } from './time-limit.ts';

/** A question that is out, and how many clients wait for it. It is given up when the last of them has left. */
export class Flight {
  readonly decision: Promise<Decision>;
  readonly #limit: TimeLimit;
  #waiting = 0;

  constructor(limit: TimeLimit, decision: Promise<Decision>) {
    this.#limit = limit;
    this.decision = decision;
  }

  /** True once it has been given up: whoever wants an answer has to ask anew. */
  get givenUp(): boolean {
    return this.#limit.givenUp;
  }

  /** Waits with the others for the answer, or until the client leaves. */
  join(client: AbortSignal): Promise<Decision> {
    this.#waiting++;
    return new Promise((resolve) => {
      const leave = () => {
        if (--this.#waiting === 0) this.#limit.end(CLIENT_GONE);
        resolve(ABANDONED);
      };
      if (client.aborted) return leave();
      client.addEventListener('abort', leave, { once: true });
      void this.decision.then((decision) => {
        client.removeEventListener('abort', leave);
        resolve(decision);
      });
    });
  }
}
