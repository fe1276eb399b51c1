import type { Address } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import type {
  ClientIdentity,
  CloseReason,
  ClosingAction,
  EventFacts,
  Gate,
  GateAction,
  Verdict,
} from '../model/lifecycle.ts';
import { ALLOWED } from '../model/lifecycle.ts';

/** What a connection knows of its client from `connect` on. */
export interface ClientFacts {
  readonly client: ClientIdentity;
  readonly tcUrl: string;
  readonly pageUrl: string;
}

/** Bytes of the connection so far. */
export interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

interface Opening {
  readonly closing: ClosingAction;
  readonly address: Address;
  readonly since: number;
}

/** An allowed publish or play hands out what ends it; `end` counts once. */
export type Opened =
  | { readonly allowed: true; end(reason: CloseReason): void }
  | { readonly allowed: false; readonly message: string };

/**
 * The events of one connection, in pairs that cannot come apart: each vhost that was asked `on_connect` is told
 * `on_close` once, each accepted publish `on_unpublish`, each accepted play `on_stop`, in that order, whatever ends them.
 */
export class ClientEvents {
  readonly #gate: Gate;
  readonly #facts: ClientFacts;
  readonly #traffic: Traffic;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  /** By vhost, in the order in which they were asked. */
  readonly #visits = new Map<string, Opening>();
  readonly #openings = new Set<Opening>();
  #asking: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(gate: Gate, facts: ClientFacts, traffic: Traffic, clock: Clock) {
    this.#gate = gate;
    this.#facts = facts;
    this.#traffic = traffic;
    this.#clock = clock;
  }

  /** The vhosts that this client has been asked about. */
  get vhosts(): readonly string[] {
    return [...this.#visits.keys()];
  }

  /** Asks a vhost's `on_connect`, unless it has been asked: a connection is accepted once per vhost. */
  connect(address: Address): Promise<Verdict> {
    if (this.#visits.has(address.vhost)) return Promise.resolve(ALLOWED);
    this.#visits.set(address.vhost, { closing: 'on_close', address, since: this.#clock.now() });
    return this.#pending(this.#ask('on_connect', address));
  }

  /** Asks to publish or to play. */
  open(action: 'on_publish' | 'on_play', address: Address): Promise<Opened> {
    return this.#pending(this.#open(action, address));
  }

  /** Ends all that is open. A question that is still out is called back first. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#abort.abort();
    await this.#asking;
    for (const opening of this.#openings) this.#end(opening, reason);
    for (const visit of this.#visits.values()) this.#tell(visit, reason);
  }

  async #open(action: 'on_publish' | 'on_play', address: Address): Promise<Opened> {
    const verdict = await this.#ask(action, address);
    if (!verdict.allowed) return verdict;
    const closing = action === 'on_publish' ? 'on_unpublish' : 'on_stop';
    const opening: Opening = { closing, address, since: this.#clock.now() };
    this.#openings.add(opening);
    return { allowed: true, end: (reason) => this.#end(opening, reason) };
  }

  #ask(action: GateAction, address: Address): Promise<Verdict> {
    return this.#gate.ask({ action, ...this.#describe(address) }, this.#abort.signal);
  }

  #pending<T>(question: Promise<T>): Promise<T> {
    // A gate that throws breaks its promise to us; ours to tell every ending stands all the same.
    this.#asking = question.catch(() => undefined);
    return question;
  }

  #end(opening: Opening, reason: CloseReason): void {
    if (this.#openings.delete(opening)) this.#tell(opening, reason);
  }

  #tell(opening: Opening, reason: CloseReason): void {
    this.#gate.tell({
      action: opening.closing,
      ...this.#describe(opening.address),
      reason,
      durationMs: Math.round(this.#clock.now() - opening.since),
      sendBytes: this.#traffic.bytesOut,
      recvBytes: this.#traffic.bytesIn,
    });
  }

  #describe(address: Address): EventFacts {
    return { ...this.#facts, ...address };
  }
}
