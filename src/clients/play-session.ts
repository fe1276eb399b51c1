import type { Address } from '../model/address.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import { MASK } from '../model/secret-values.ts';
import type { ClientInfo, ClientProtocol } from '../model/stats.ts';
import { type AdmittedPlayer, admitPlayer } from './admit-player.ts';
import { ClientEvents, type Traffic } from './client-events.ts';
import type { ClientHandle, ClientRegistry, Snapshot } from './client-registry.ts';
import { Refusal } from './refusal.ts';
import { STALL_TIMEOUT_MS, StallDetector } from './stall-detector.ts';

/** Who wants to watch what. */
export interface PlayRequest {
  readonly ip: string;
  /** The configuration by which the address was found. */
  readonly snapshot: Snapshot;
  readonly vhost: VhostOptions;
  readonly address: Address;
  /** URL that backends are told; SRS has `rtmp://VHOST/APP` for FLV over HTTP. */
  readonly tcUrl: string;
  /** Page that embeds the player; empty if not given. */
  readonly pageUrl: string;
  /** Program of the client, as it names itself; empty if it does not. */
  readonly agent: string;
}

/** What brings media to a viewer. */
export interface PlayTransport {
  readonly protocol: ClientProtocol;
  readonly traffic: Traffic;
  /** Bytes that were written and have not left the process. */
  readonly backlog: number;
  /** How often the viewer was too slow and was taken to a later keyframe; undefined where that cannot be. */
  readonly skips?: number | undefined;
  /** Why it should be closed now, if it should; asked once a second. `now` is on the scale of `Clock.awake`. */
  overdue?(now: number): string | undefined;
  /** Ends it and says why, where the protocol can. What was written still leaves, unless the viewer is too slow. */
  close(reason: CloseReason, why: string): void;
}

/**
 * A client that does nothing but watch one stream, from its question to its closing event. It has no `on_connect`. Whoever
 * carries it calls `end` when it has gone.
 */
export class PlaySession implements ClientHandle {
  readonly client: ClientIdentity;
  readonly vhosts: readonly string[];
  readonly log: Logger;
  /** Settles when it has gone and its closing event has been handed to the gate. */
  readonly settled: Promise<void>;
  readonly #clients: ClientRegistry;
  readonly #playRequest: PlayRequest;
  readonly #transport: PlayTransport;
  readonly #events: ClientEvents;
  readonly #stall: StallDetector;
  #player: AdmittedPlayer | undefined;
  readonly #cameAt: number;
  #startedAt: number | undefined;
  #over = false;
  #settle: () => void = () => undefined;

  constructor(clients: ClientRegistry, playRequest: PlayRequest, transport: PlayTransport) {
    const { clock } = clients;
    this.#clients = clients;
    this.#playRequest = playRequest;
    this.#transport = transport;
    this.client = clients.identify(playRequest.ip);
    this.vhosts = [playRequest.vhost.name];
    this.log = clients.log.child({ client: this.client.id, ip: playRequest.ip });
    const facts = {
      client: this.client,
      tcUrl: playRequest.tcUrl,
      pageUrl: playRequest.pageUrl,
      flashVer: '',
      swfUrl: '',
    };
    this.#events = new ClientEvents(playRequest.snapshot.gate, facts, transport.traffic, clock);
    this.#cameAt = clock.now();
    this.#stall = new StallDetector(clock.awake());
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    clients.enter(this);
  }

  get facts(): ClientInfo {
    const { address, vhost, agent } = this.#playRequest;
    const { protocol, traffic, backlog, skips = 0 } = this.#transport;
    return {
      client: this.client,
      protocol,
      role: this.#startedAt === undefined ? 'idle' : 'play',
      vhost: vhost.name,
      app: address.app,
      stream: this.#player?.key.stream ?? '',
      ...this.#events.shown,
      agent,
      ageMs: this.#clients.clock.now() - this.#cameAt,
      recvBytes: traffic.bytesIn,
      sendBytes: traffic.bytesOut,
      backlogBytes: backlog,
      skips,
    };
  }

  /** Asks whether it may watch. A viewer that was refused has ended; undefined if it has gone meanwhile. */
  async admit(): Promise<AdmittedPlayer | Refusal | undefined> {
    const { hub, slots, claims, clock } = this.#clients;
    const { address, vhost } = this.#playRequest;
    const deps = {
      hub,
      slots,
      claims,
      clock,
      events: this.#events,
      isClosed: () => this.#over,
      bytesIn: () => this.#transport.traffic.bytesIn,
      kick: (reason: CloseReason, why: string) => this.kick(reason, why),
    };
    const outcome = await admitPlayer(deps, { address, vhost });
    if (this.#over || !outcome) return undefined;
    if (!(outcome instanceof Refusal)) {
      this.#player = outcome;
    } else {
      const { protocol } = this.#transport;
      const { app } = address;
      const named = { ...address, action: 'on_play', clientId: this.client.id } as const;
      const hidden = this.#clients.concealed.of(named, false);
      const stream = hidden.includes(address.stream) ? MASK : address.stream;
      this.log.info({ vhost: vhost.name, app, stream, protocol, why: outcome.message }, 'play refused');
      this.end('refused');
    }
    return outcome;
  }

  /** Media flows from now on. */
  started(): void {
    if (!this.#player || this.#over) return;
    this.#startedAt = this.#clients.clock.now();
    this.log.info(
      { ...this.#clients.concealed.shown(this.#player.key), protocol: this.#transport.protocol },
      'play started',
    );
    void this.#player.reportAbsence();
  }

  /** Shows out who is stuck or may not stay, and asks the backend again about who may. */
  tick(): void {
    const { traffic, backlog } = this.#transport;
    const now = this.#clients.clock.awake();
    const why = this.#stall.stalled(now, traffic.bytesOut, backlog)
      ? `the client took no bytes for ${STALL_TIMEOUT_MS} ms`
      : this.#transport.overdue?.(now);
    if (why === undefined) this.#player?.limits?.tick(true);
    else this.kick('timeout', why);
  }

  kick(reason: CloseReason, why: string): void {
    if (this.#over) return;
    this.#transport.close(reason, why);
    this.end(reason, why);
  }

  /** Tells that it has gone; counts once. `why` is what the log says beside the reason. */
  end(reason: CloseReason, why?: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#player && this.#startedAt !== undefined)
      this.#logEnd(this.#player, this.#startedAt, reason, why);
    this.#player?.end(reason);
    void this.#events.close(reason).finally(this.#settle);
  }

  #logEnd({ key }: AdmittedPlayer, startedAt: number, reason: CloseReason, why: string | undefined): void {
    const { protocol, traffic, skips } = this.#transport;
    const facts = {
      ...this.#clients.concealed.shown(key),
      protocol,
      reason,
      ...(why === undefined ? {} : { why }),
    };
    const seconds = Math.round((this.#clients.clock.now() - startedAt) / 100) / 10;
    const counted = { seconds, bytesOut: traffic.bytesOut, ...(skips === undefined ? {} : { skips }) };
    this.log.info({ ...facts, ...counted }, 'play ended');
  }
}
