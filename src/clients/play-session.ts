import type { Address } from '../model/address.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import { MASK } from '../model/secret-values.ts';
import type { ClientProtocol, GuestFacts } from '../model/stats.ts';
import { type AdmittedPlayer, admitPlayer } from './admit-player.ts';
import { ClientEvents, type Traffic } from './client-events.ts';
import type { Guest, Lobby } from './client-registry.ts';
import { STALL_TIMEOUT_MS } from './limits.ts';
import type { Refusal } from './refusal.ts';
import type { Snapshot } from './snapshot.ts';
import { StallWatch } from './stall-detector.ts';

/** Who wants to watch what. */
export interface ViewerWish {
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
export interface Carriage {
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
export class Viewer implements Guest {
  readonly client: ClientIdentity;
  readonly vhosts: readonly string[];
  readonly log: Logger;
  /** Settles when it has gone and its closing event has been handed to the gate. */
  readonly settled: Promise<void>;
  readonly #lobby: Lobby;
  readonly #wish: ViewerWish;
  readonly #carriage: Carriage;
  readonly #events: ClientEvents;
  readonly #stall: StallWatch;
  #player: AdmittedPlayer | undefined;
  readonly #cameAt: number;
  #startedAt: number | undefined;
  #over = false;
  #settle: () => void = () => undefined;

  constructor(lobby: Lobby, wish: ViewerWish, carriage: Carriage) {
    const { clock } = lobby;
    this.#lobby = lobby;
    this.#wish = wish;
    this.#carriage = carriage;
    this.client = lobby.identify(wish.ip);
    this.vhosts = [wish.vhost.name];
    this.log = lobby.log.child({ client: this.client.id, ip: wish.ip });
    const facts = { client: this.client, tcUrl: wish.tcUrl, pageUrl: wish.pageUrl, flashVer: '', swfUrl: '' };
    this.#events = new ClientEvents(wish.snapshot.gate, facts, carriage.traffic, clock);
    this.#cameAt = clock.now();
    this.#stall = new StallWatch(clock.awake());
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    lobby.enter(this);
  }

  get facts(): GuestFacts {
    const { address, vhost, agent } = this.#wish;
    const { protocol, traffic, backlog, skips = 0 } = this.#carriage;
    return {
      client: this.client,
      protocol,
      role: this.#startedAt === undefined ? 'idle' : 'play',
      vhost: vhost.name,
      app: address.app,
      stream: this.#player?.key.stream ?? '',
      ...this.#events.shown,
      agent,
      ageMs: this.#lobby.clock.now() - this.#cameAt,
      recvBytes: traffic.bytesIn,
      sendBytes: traffic.bytesOut,
      backlogBytes: backlog,
      skips,
    };
  }

  /** Asks whether it may watch. A viewer that was refused has ended; undefined if it has gone meanwhile. */
  async admit(): Promise<AdmittedPlayer | ({ readonly ok: false } & Refusal) | undefined> {
    const { hub, seats, claims, clock } = this.#lobby;
    const { address, vhost } = this.#wish;
    const means = {
      hub,
      seats,
      claims,
      clock,
      events: this.#events,
      isClosed: () => this.#over,
      bytesIn: () => this.#carriage.traffic.bytesIn,
      kick: (reason: CloseReason, why: string) => this.kick(reason, why),
    };
    const outcome = await admitPlayer(means, address, vhost);
    if (this.#over || !outcome) return undefined;
    if (outcome.ok) {
      this.#player = outcome;
    } else {
      const { protocol } = this.#carriage;
      const { app } = address;
      const named = { ...address, action: 'on_play', clientId: this.client.id } as const;
      const hidden = this.#lobby.concealed.of(named, false);
      const stream = hidden.includes(address.stream) ? MASK : address.stream;
      this.log.info({ vhost: vhost.name, app, stream, protocol, why: outcome.message }, 'play refused');
      this.end('refused');
    }
    return outcome;
  }

  /** Media flows from now on. */
  started(): void {
    if (!this.#player || this.#over) return;
    this.#startedAt = this.#lobby.clock.now();
    this.log.info(
      { ...this.#lobby.concealed.shown(this.#player.key), protocol: this.#carriage.protocol },
      'play started',
    );
    void this.#player.reportAbsence();
  }

  /** Shows out who is stuck or may not stay, and asks the backend again about who may. */
  tick(): void {
    const { traffic, backlog } = this.#carriage;
    const now = this.#lobby.clock.awake();
    const why = this.#stall.stalled(now, traffic.bytesOut, backlog)
      ? `the client took no bytes for ${STALL_TIMEOUT_MS} ms`
      : this.#carriage.overdue?.(now);
    if (why === undefined) this.#player?.stay?.tick(true);
    else this.kick('timeout', why);
  }

  kick(reason: CloseReason, why: string): void {
    if (this.#over) return;
    this.#carriage.close(reason, why);
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
    const { protocol, traffic, skips } = this.#carriage;
    const facts = {
      ...this.#lobby.concealed.shown(key),
      protocol,
      reason,
      ...(why === undefined ? {} : { why }),
    };
    const seconds = Math.round((this.#lobby.clock.now() - startedAt) / 100) / 10;
    const counted = { seconds, bytesOut: traffic.bytesOut, ...(skips === undefined ? {} : { skips }) };
    this.log.info({ ...facts, ...counted }, 'play ended');
  }
}
