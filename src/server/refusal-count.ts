import type { Action, Gate } from '../model/events.ts';

/** Counts the questions that were answered with no, whoever said it. */
export class RefusalCount {
  readonly #counts: Partial<Record<Action, number>> = {};

  get counts(): Readonly<Partial<Record<Action, number>>> {
    return { ...this.#counts };
  }

  /** The same gate, counted. */
  of(gate: Gate): Gate {
    return {
      ask: async (event, signal) => {
        const verdict = await gate.ask(event, signal);
        if (!verdict.allowed) this.#counts[event.action] = (this.#counts[event.action] ?? 0) + 1;
        return verdict;
      },
      tell: (event) => gate.tell(event),
      entrust: (event) => gate.entrust(event),
      asks: (action, vhost) => gate.asks(action, vhost),
    };
  }
}
