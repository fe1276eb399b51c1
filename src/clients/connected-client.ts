import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { ClientInfo, ClientProtocol } from '../model/stats.ts';
import type { AdmissionDeps } from './admission.ts';
import type { ClientEvents, Traffic } from './client-events.ts';
import type { ClientHandle, ClientRegistry } from './client-registry.ts';
/** Transport of a client's bytes. */
export interface ClientTransport {
  readonly protocol: ClientProtocol;
  readonly traffic: Traffic;
  /** Bytes that were written and have not left the process. */
  readonly backlog: number;
  /** Ends it and says why, where the protocol can. What was written still leaves, unless the client is too slow. */
  close(reason: CloseReason, why: string): void;
}

/** Fields of `ClientInfo` that only the client's protocol knows. */
export type ClientDescription = Pick<
  ClientInfo,
  'role' | 'vhost' | 'app' | 'stream' | 'tcUrl' | 'pageUrl' | 'swfUrl' | 'agent' | 'skips'
>;

/** A client of any protocol, from its first byte to its closing events. Its protocol extends this and brings the transport. */
export abstract class ConnectedClient implements ClientHandle {
  readonly client: ClientIdentity;
  readonly settled: Promise<void>;
  protected readonly clients: ClientRegistry;
  protected readonly log: Logger;
  readonly #cameAt: number;
  readonly #stall: StallDetector;
  #over = false;
  /** Sentence for the closing log line, where there is more to say than the reason. */
  #why: string | undefined;
  #settle: () => void = () => undefined;

  constructor(clients: ClientRegistry, ip: string) {
    const { clock, log } = clients;
    this.clients = clients;
    this.client = clients.identify(ip);
    this.log = log.child({ client: this.client.id, ip });
    this.#cameAt = clock.now();
    this.#stall = new StallDetector(clock.awake());
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  abstract readonly vhosts: readonly string[];
  protected abstract readonly transport: ClientTransport;
  /** Undefined until the client has introduced itself. */
  protected abstract readonly events: ClientEvents | undefined;
  protected abstract describe(): ClientDescription;
  /** Reason to close it now, if there is one; asked once a second. `now` is on the scale of `Clock.awake`. */
  protected abstract overdue(now: number): string | undefined;
  /** Applies the limits that it was granted; called once a second. */
  protected abstract tickLimits(): void;
  /** Ends what it publishes or plays, and logs its end. */
  protected abstract ended(reason: CloseReason, why: string | undefined): void;

  get info(): ClientInfo {
    const { protocol, traffic, backlog } = this.transport;
    return {
      client: this.client,
      protocol,
      ...this.describe(),
      ageMs: this.clients.clock.now() - this.#cameAt,
      recvBytes: traffic.bytesIn,
      sendBytes: traffic.bytesOut,
      backlogBytes: backlog,
    };
  }

  /** Closes a client that is stuck or overdue, and applies the limits of any other. */
  tick(): void {
    const { traffic, backlog } = this.transport;
    const now = this.clients.clock.awake();
    const why = this.#stall.stalled(now, traffic.bytesOut, backlog)
      ? `the client took no bytes for ${STALL_TIMEOUT_MS} ms`
      : this.overdue(now);
    if (why === undefined) this.tickLimits();
    else this.kick('timeout', why);
  }

  kick(reason: CloseReason, why: string): void {
    if (this.#over) return;
    this.noteWhy(why);
    this.transport.close(reason, why);
    this.end(reason);
  }

  /** Ends it; counts once. `why` is what the log says beside the reason, unless that has been noted. */
  end(reason: CloseReason, why?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.ended(reason, this.#why ?? why);
    // Not awaited by anything that the client sees: its transport is closed already.
    void Promise.resolve(this.events?.close(reason)).finally(this.#settle);
  }

  /** True once it has ended. */
  protected get over(): boolean {
    return this.#over;
  }

  /** Notes what the log says at the end; the first note counts. */
  protected noteWhy(why: string): void {
    this.#why ??= why;
  }

  /** Seconds since then, to a tenth; without an argument since it came. */
  protected seconds(since: number = this.#cameAt): number {
    return Math.round((this.clients.clock.now() - since) / 100) / 10;
  }

  /** Admission of this client. */
  protected admissionDeps(events: ClientEvents): AdmissionDeps {
    const { hub, slots, claims, clock } = this.clients;
    return {
      hub,
      slots,
      claims,
      clock,
      events,
      isClosed: () => this.#over,
      bytesIn: () => this.transport.traffic.bytesIn,
      kick: (reason, why) => this.kick(reason, why),
    };
  }
}

/** A peer that takes none of the bytes waiting for it, in milliseconds (SRS's write time-out). */
export const STALL_TIMEOUT_MS = 30_000;

/** After the server's last word, until the socket is destroyed, in milliseconds. */
export const LINGER_MS = 2_000;

/** Detector of peers that have taken none of the bytes waiting for them for too long. */
export class StallDetector {
  #taken = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** True if it has been stuck for `STALL_TIMEOUT_MS`; `sent` counts all bytes ever written, `backlog` those still here. */
  stalled(now: number, sent: number, backlog: number): boolean {
    const taken = sent - backlog;
    if (backlog === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#since = now;
    }
    return now - this.#since > STALL_TIMEOUT_MS;
  }
}
