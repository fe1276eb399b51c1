import type { Address } from '../model/address.ts';
import type { Gate, Grant, Verdict } from '../model/authorization.ts';
import { ALLOWED } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import type {
  ClientIdentity,
  CloseReason,
  ClosingAction,
  Counters,
  EventFacts,
  GateAction,
  GateEvent,
  NoticeAction,
  QuestionAction,
} from '../model/events.ts';
import { maskQuery, SecretFinder } from '../model/secret-values.ts';

/** Identity of a connection's client and what it said of itself, from `connect` on. */
export interface ClientFacts {
  readonly client: ClientIdentity;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly flashVer: string;
  readonly swfUrl: string;
}

/** URLs that a client gave. */
export type ShownUrls = Pick<ClientFacts, 'tcUrl' | 'pageUrl' | 'swfUrl'>;

/** Bytes of the connection so far. */
export interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

interface OpenRecord {
  readonly id: number;
  readonly closing: ClosingAction;
  /** Destination, under the name that it has now. */
  address: Address;
  readonly since: number;
}

/** A publish or play that was let in. */
export interface AcceptedEvent {
  readonly allowed: true;
  readonly grant: Grant | undefined;
  /** Fields of its events, under the name that it has now. */
  readonly facts: EventFacts;
  /** Replaces the stream name in its later events. */
  rename(stream: string): void;
  /** Asks whether it may go on. */
  askAgain(): Promise<Verdict>;
  /** Emits `on_not_found`: nobody publishes what is to be played. */
  emitNotFound(): void;
  /** Emits its closing event; counts once. */
  end(reason: CloseReason): void;
}

type Refused = Exclude<Verdict, { allowed: true }>;

const ENDINGS = { on_connect: 'on_close', on_publish: 'on_unpublish', on_play: 'on_stop' } as const;

/**
 * The events of one connection, in pairs that cannot come apart: each vhost that was asked `on_connect` gets
 * `on_close` once, each accepted publish `on_unpublish`, each accepted play `on_stop`, in that order, whatever ends them.
 */
export class ClientEvents {
  readonly #gate: Gate;
  readonly #facts: ClientFacts;
  readonly #traffic: Traffic;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  /** By vhost, in the order in which they were asked. */
  readonly #connects = new Map<string, OpenRecord>();
  readonly #openings = new Set<OpenRecord>();
  /** Names that answers replaced. */
  readonly #keys = new Set<string>();
  #shown: ShownUrls | undefined;
  #asking: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  #closing = false;
  #endsAt = Number.POSITIVE_INFINITY;

  constructor(gate: Gate, facts: ClientFacts, traffic: Traffic, clock: Clock) {
    this.#gate = gate;
    this.#facts = facts;
    this.#traffic = traffic;
    this.#clock = clock;
  }

  /** Identity of the client and what it says of itself. */
  get client(): ClientFacts {
    return this.#facts;
  }

  /** The URLs that the client gave, as they may be shown: without secrets and the names that answers replaced. */
  get shown(): ShownUrls {
    if (this.#shown) return this.#shown;
    const keys = new SecretFinder(this.#keys);
    const show = (url: string) => keys.hide(maskQuery(url));
    const { tcUrl, pageUrl, swfUrl } = this.#facts;
    this.#shown = { tcUrl: show(tcUrl), pageUrl: show(pageUrl), swfUrl: show(swfUrl) };
    return this.#shown;
  }

  /** The vhosts that this client has been asked about. */
  get vhosts(): readonly string[] {
    return [...this.#connects.keys()];
  }

  /** Time at which the connection has to end, on the clock's scale, if `on_connect` granted a duration. */
  get endsAt(): number {
    return this.#endsAt;
  }

  /** True if nobody is interested in this action. */
  ignores(action: QuestionAction | NoticeAction, vhost: string): boolean {
    return !this.#gate.isInterested(action, vhost);
  }

  /** Asks a vhost's `on_connect`, unless it has been asked: a connection is accepted once per vhost. */
  connect(address: Address): Promise<Verdict> {
    if (this.#connects.has(address.vhost)) return Promise.resolve(ALLOWED);
    return this.#pending(this.#connect(address));
  }

  /** Asks to publish or to play. */
  open(action: 'on_publish' | 'on_play', address: Address): Promise<AcceptedEvent | Refused> {
    return this.#pending(this.#open(action, address));
  }

  /** Asks whether a stream that is being published may be taken over. */
  askBusy(address: Address): Promise<Verdict> {
    const event = { action: 'on_publish_busy', ...this.#facts, ...address } as const;
    return this.#pending(this.#gate.authorize(event, this.#abort.signal));
  }

  /** Ends all that is open. A question that is still out is called back first. */
  async close(reason: CloseReason): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#abort.abort();
    await this.#asking;
    for (const opening of this.#openings) this.#end(opening, reason);
    for (const connect of this.#connects.values()) this.#emitClosing(connect, reason);
  }

  async #connect(address: Address): Promise<Verdict> {
    const connect = this.#opening('on_connect', address);
    this.#connects.set(address.vhost, connect);
    const verdict = await this.#ask('on_connect', connect);
    const maxDurationMs = verdict.allowed ? verdict.grant?.maxDurationMs : undefined;
    if (maxDurationMs !== undefined) this.#endsAt = Math.min(this.#endsAt, this.#clock.now() + maxDurationMs);
    return verdict;
  }

  async #open(action: 'on_publish' | 'on_play', address: Address): Promise<AcceptedEvent | Refused> {
    const asked = this.#opening(action, address);
    const verdict = await this.#ask(action, asked);
    if (!verdict.allowed) return verdict;
    const opening = { ...asked, since: this.#clock.now() };
    this.#openings.add(opening);
    const role = action === 'on_publish' ? 'publish' : 'play';
    const describe = () => this.#describe(opening);
    return {
      allowed: true,
      grant: verdict.grant,
      get facts() {
        return describe();
      },
      rename: (stream) => {
        if (stream !== opening.address.stream) this.#conceal(opening.address.stream);
        opening.address = { ...opening.address, stream };
      },
      askAgain: () => this.#ask('on_update', opening, { role, counters: this.#count(opening) }),
      emitNotFound: () => this.#gate.emit({ action: 'on_not_found', ...this.#describe(opening) }),
      end: (reason) => this.#end(opening, reason),
    };
  }

  #conceal(name: string): void {
    this.#keys.add(name);
    this.#shown = undefined;
  }

  #opening(action: GateAction, address: Address): OpenRecord {
    this.#lastId += 1;
    return { id: this.#lastId, closing: ENDINGS[action], address, since: this.#clock.now() };
  }

  #ask(
    action: GateAction | 'on_update',
    opening: OpenRecord,
    more: Pick<GateEvent, 'role' | 'counters'> = {},
  ): Promise<Verdict> {
    return this.#gate.authorize({ action, ...this.#describe(opening), ...more }, this.#abort.signal);
  }

  #pending<T>(question: Promise<T>): Promise<T> {
    // A gate that throws breaks its promise to us; ours to tell every ending stands all the same.
    this.#asking = question.catch(() => undefined);
    return question;
  }

  #end(opening: OpenRecord, reason: CloseReason): void {
    if (this.#openings.delete(opening)) this.#emitClosing(opening, reason);
  }

  #emitClosing(opening: OpenRecord, reason: CloseReason): void {
    const event = { action: opening.closing, ...this.#describe(opening), reason, ...this.#count(opening) };
    this.#gate.emit(event);
  }

  #count({ since }: OpenRecord): Counters {
    return {
      durationMs: Math.round(this.#clock.now() - since),
      sendBytes: this.#traffic.bytesOut,
      recvBytes: this.#traffic.bytesIn,
    };
  }

  #describe({ id, address }: OpenRecord): EventFacts {
    return { ...this.#facts, ...address, opening: id };
  }
}
