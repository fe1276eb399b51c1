import type { Gate } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import type { Claims } from '../model/shared-state.ts';
import { type ClientFilter, type ClientInfo, clientMatcher } from '../model/stats.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { randomSource } from '../protocol/bytes/random.ts';
import type { Hub } from '../streams/hub.ts';
import { PlayerSlots } from './player-slots.ts';

const TICK_MS = 1000;
/** A pause of the process that is worth a line in the log, in milliseconds. */
const REMARKABLE_PAUSE_MS = 1000;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The configuration that a client takes up when it comes and keeps. */
export interface Snapshot {
  readonly vhosts: ReadonlyMap<string, VhostOptions>;
  readonly strictVhost: boolean;
  readonly gate: Gate;
}

/** Policy of the client registry; replaced as a whole on reload. */
export interface ServerPolicy {
  readonly snapshot: Snapshot;
  readonly maxConnections: number;
}

/** State that the client registries of several processes share; a server with one registry needs none of it. */
export interface ClusterClients {
  readonly claims: Claims;
  /** Number of client registries, which share `max_connections`. */
  readonly count: number;
  /** A number for a client that no other client registry gives out. */
  nextNumber(): number;
}

/** A client, as the client registry knows it. */
export interface ClientHandle {
  /** The vhosts that it has entered. */
  readonly vhosts: readonly string[];
  /** Fields that operators see; read on demand, and once more when the client has gone. */
  readonly info: ClientInfo;
  /** Settles when it has gone and its closing events have been handed to the gate. */
  readonly settled: Promise<void>;
  /** Looks at the clock; called about once a second. */
  tick(): void;
  /** Closes the client with a sentence for it, if its protocol can carry one. */
  kick(reason: CloseReason, why: string): void;
}

/** Totals of a client registry since the process began. */
export interface ClientTotals {
  readonly clients: number;
  /** Connections for which there was no room. */
  readonly turnedAway: number;
  /** Of those who have gone. */
  readonly recvBytes: number;
  readonly sendBytes: number;
}

/** Registry of the connected clients of all protocols: identifies and counts them, ticks them once a second, closes them. */
export class ClientRegistry {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stream names that nobody may see. */
  readonly concealed: ConcealedNames;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
  /** Slots of the players of this process. */
  readonly slots: PlayerSlots = new PlayerSlots((key) => this.#emitIdle(key));
  readonly #cluster: ClusterClients | undefined;
  readonly #random = randomSource();
  readonly #handles = new Set<ClientHandle>();
  #policy: ServerPolicy;
  #connections = 0;
  #named = 0;
  #entered = 0;
  /** Connections turned away since the last log line, and ever. */
  #turnedAway = 0;
  #everTurnedAway = 0;
  #pastRecvBytes = 0;
  #pastSendBytes = 0;
  /** Pauses of this process that have been looked at, in milliseconds. */
  #pausedMs = 0;
  #open = true;
  #giveWay: () => boolean = () => false;

  constructor(
    policy: ServerPolicy,
    hub: Hub,
    clock: Clock,
    log: Logger,
    cluster?: ClusterClients,
    concealed: ConcealedNames = new ConcealedNames(),
  ) {
    this.#policy = policy;
    this.hub = hub;
    this.clock = clock;
    this.log = log;
    this.concealed = concealed;
    this.claims = cluster?.claims;
    this.#cluster = cluster;
    hub.observe({ unwatched: (key) => this.#emitIdle(key) });
    this.#scheduleTick();
  }

  /** The configuration of this moment. */
  get snapshot(): Snapshot {
    return this.#policy.snapshot;
  }

  /** Connections that are counted now. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that there may be. */
  get maxConnections(): number {
    return this.#policy.maxConnections;
  }

  /** Sessions without a connection that there may be: in one client registry as many as connections in all of them. */
  get maxSessions(): number {
    return this.maxConnections * (this.#cluster?.count ?? 1);
  }

  /** True until the client registry is closed. */
  get open(): boolean {
    return this.#open;
  }

  /** `giveWay` ends a connection on which nothing is asked, if there is one, whenever there is no room for another. */
  whenFull(giveWay: () => boolean): void {
    this.#giveWay = giveWay;
  }

  /** True if one more connection may come. One that may not is counted, for the log. */
  hasRoom(): boolean {
    if (this.#open && (this.#connections < this.#policy.maxConnections || this.#giveWay())) return true;
    this.#turnedAway += 1;
    this.#everTurnedAway += 1;
    return false;
  }

  /** Counts a connection until what is returned is called, once or more often. */
  countConnection(): () => void {
    this.#connections += 1;
    let counted = true;
    return () => {
      if (counted) this.#connections -= 1;
      counted = false;
    };
  }

  /** A new client's names. */
  identify(ip: string): ClientIdentity {
    this.#named += 1;
    const number = this.#cluster?.nextNumber() ?? this.#named;
    return { number, id: this.#randomId(), ip };
  }

  /** Adds a client, which stays until it has settled. */
  addClient(client: ClientHandle): void {
    this.#handles.add(client);
    this.#entered += 1;
    void client.settled.then(() => {
      this.#handles.delete(client);
      const { recvBytes, sendBytes } = client.info;
      this.#pastRecvBytes += recvBytes;
      this.#pastSendBytes += sendBytes;
    });
    if (!this.#open) client.kick('shutdown', 'The server has stopped.');
  }

  /** Fields of all connected clients at this moment. */
  clientInfos(): readonly ClientInfo[] {
    return Array.from(this.#handles, (client) => client.info);
  }

  /** Closes the clients that match, at an operator's request; returns how many. */
  kick(filter: ClientFilter, why: string): number {
    const isMeant = clientMatcher(filter);
    const meant = [...this.#handles].filter((client) => isMeant(client.info));
    for (const client of meant) client.kick('kicked', why);
    return meant.length;
  }

  /** Totals since the process began. */
  get totals(): ClientTotals {
    return {
      clients: this.#entered,
      turnedAway: this.#everTurnedAway,
      recvBytes: this.#pastRecvBytes,
      sendBytes: this.#pastSendBytes,
    };
  }

  /** Applies a policy to clients that come from now on. Clients of vhosts that are gone are closed. */
  applyPolicy(policy: ServerPolicy): void {
    this.#policy = policy;
    for (const client of this.#handles) {
      const gone = client.vhosts.find((vhost) => !policy.snapshot.vhosts.get(vhost)?.enabled);
      if (gone !== undefined) client.kick('kicked', `Vhost ${gone} was removed or switched off.`);
    }
  }

  /** Refuses new clients, closes all, and settles when all closing events are with the gate. */
  async close(reason: CloseReason, why: string): Promise<void> {
    this.#open = false;
    const handles = [...this.#handles];
    for (const client of handles) client.kick(reason, why);
    await Promise.all(handles.map((client) => client.settled));
  }

  /** Emits `on_idle` for a stream of this process that has lost its last player; a paused player still counts. */
  #emitIdle(key: StreamKey): void {
    if (!this.hub.isOnAir(key) || this.hub.players(key) > 0 || this.slots.taken(key) > 0) return;
    this.#policy.snapshot.gate.emit({ action: 'on_idle', ...key });
  }

  #randomId(): string {
    let id = '';
    for (const byte of this.#random(8)) id += ID_CHARACTERS[byte % ID_CHARACTERS.length];
    return id;
  }

  /** Logs a pause of the process, which explains a gap in everybody's media. */
  #noticePause(): void {
    const pausedMs = Math.round(this.clock.now() - this.clock.awake());
    const ms = pausedMs - this.#pausedMs;
    if (ms < REMARKABLE_PAUSE_MS) return;
    this.#pausedMs = pausedMs;
    this.log.warn({ ms }, 'process was paused');
  }

  #scheduleTick(): void {
    this.clock.after(TICK_MS, () => {
      this.#noticePause();
      for (const client of this.#handles) client.tick();
      if (this.#turnedAway > 0) {
        const { maxConnections } = this.#policy;
        const turnedAway = this.#turnedAway;
        this.log.warn({ turnedAway, maxConnections }, 'connection limit reached, connections dropped');
        this.#turnedAway = 0;
      }
      if (this.#open) this.#scheduleTick();
    });
  }
}
