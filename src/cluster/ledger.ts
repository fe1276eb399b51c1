import type { Clock } from '../model/clock.ts';
import type { ClosingAction, ClosingEvent, Gate, GateAction } from '../model/lifecycle.ts';
import type { LedgerEntry, OpenedEvent } from './messages.ts';

const CLOSING: Readonly<Record<GateAction, ClosingAction>> = {
  on_connect: 'on_close',
  on_publish: 'on_unpublish',
  on_play: 'on_stop',
};

interface Open {
  readonly closing: ClosingAction;
  readonly event: OpenedEvent;
  readonly since: number;
}

interface Account {
  /** The hooks of the configuration under which the client came. */
  readonly gate: Gate;
  readonly open: Open[];
}

/**
 * The primary's book of what one worker's clients have open. Closing events of all workers go to the backends from here:
 * each once, because what is not open is not closed; and also when the worker cannot tell any more.
 */
export class Ledger {
  readonly #clock: Clock;
  readonly #gateOf: (epoch: number) => Gate;
  readonly #accounts = new Map<number, Account>();

  constructor(clock: Clock, gateOf: (epoch: number) => Gate) {
    this.#clock = clock;
    this.#gateOf = gateOf;
  }

  take(entry: LedgerEntry): void {
    if (entry.type === 'opened') this.#open(entry.event, entry.epoch);
    else this.#close(entry.event);
  }

  /** The worker is gone: tells the end of all that was open and returns how many clients that were. */
  abandon(): number {
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    for (const { gate, open } of accounts) {
      // What a client opened ends before its connection does.
      const inOrder = [
        ...open.filter(({ closing }) => closing !== 'on_close'),
        ...open.filter(({ closing }) => closing === 'on_close'),
      ];
      for (const { closing, event, since } of inOrder) {
        const durationMs = Math.round(this.#clock.now() - since);
        // How many bytes there were went with the worker.
        const facts = { reason: 'server_restart', durationMs, sendBytes: 0, recvBytes: 0 } as const;
        gate.tell({ ...event, action: closing, ...facts });
      }
    }
    return accounts.length;
  }

  #open(event: OpenedEvent, epoch: number): void {
    const { number } = event.client;
    const account = this.#accounts.get(number) ?? { gate: this.#gateOf(epoch), open: [] };
    this.#accounts.set(number, account);
    account.open.push({ closing: CLOSING[event.action], event, since: this.#clock.now() });
  }

  #close(event: ClosingEvent): void {
    const { number } = event.client;
    const account = this.#accounts.get(number);
    const at = account?.open.findIndex(
      ({ closing, event: { opening } }) => closing === event.action && opening === event.opening,
    );
    if (!account || at === undefined || at < 0) return;
    account.open.splice(at, 1);
    if (account.open.length === 0) this.#accounts.delete(number);
    account.gate.tell(event);
  }
}
