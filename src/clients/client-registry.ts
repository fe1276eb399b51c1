import type { Claims } from '../model/claims.ts';
import type { Clock } from '../model/clock.ts';
import { ConcealedNames } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { ClientFilter, GuestFacts } from '../model/stats.ts';
import { clientMatcher } from '../model/stats.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { randomSource } from '../protocol/bytes/random.ts';
import type { Hub } from '../streams/hub.ts';
import { Seats } from './player-slots.ts';
import type { Snapshot } from './snapshot.ts';

const TICK_MS = 1000;
/** A pause of the process that is worth a line in the log, in milliseconds. */
const REMARKABLE_PAUSE_MS = 1000;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** What the lobby goes by; replaced as a whole on reload. */
export interface LobbyRules {
  readonly snapshot: Snapshot;
  readonly maxConnections: number;
}

/** What the lobbies of several processes have in common; the only lobby of a server needs none of it. */
export interface Neighbours {
  readonly claims: Claims;
  /** How many lobbies they are, which share `max_connections`. */
  readonly count: number;
  /** A number for a client that no other lobby gives out. */
  nextNumber(): number;
}

/** A client, as the lobby knows it. */
export interface Guest {
  /** The vhosts that it has entered. */
  readonly vhosts: readonly string[];
  /** What an operator may want to know of it; to be asked when he does, and once more when it has gone. */
  readonly facts: GuestFacts;
  /** Settles when it has gone and its closing events have been handed to the gate. */
  readonly settled: Promise<void>;
  /** Looks at the clock; called about once a second. */
  tick(): void;
  /** Shows the client out and tells it why, if its protocol can. */
  kick(reason: CloseReason, why: string): void;
}

/** What a lobby has seen. */
export interface LobbyTotals {
  readonly clients: number;
  /** Connections for which there was no room. */
  readonly turnedAway: number;
  /** Of those who have gone. */
  readonly recvBytes: number;
  readonly sendBytes: number;
}

/** Who is here, whatever protocol they speak: names the clients, counts, looks at the clock for them, shows them out. */
export class Lobby {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stream names that nobody may see. */
  readonly concealed: ConcealedNames;
  /** Undefined where this process is alone with its streams. */
  readonly claims: Claims | undefined;
  /** Places of the players of this process. */
  readonly seats: Seats = new Seats((key) => this.#tellIdle(key));
  readonly #neighbours: Neighbours | undefined;
  readonly #random = randomSource();
  readonly #guests = new Set<Guest>();
  #rules: LobbyRules;
  #connections = 0;
  #named = 0;
  #entered = 0;
  /** Since the log was told last, and ever. */
  #turnedAway = 0;
  #everTurnedAway = 0;
  #pastRecvBytes = 0;
  #pastSendBytes = 0;
  /** Pauses of this process that have been looked at, in milliseconds. */
  #pausedMs = 0;
  #open = true;
  #giveWay: () => boolean = () => false;

  constructor(
    rules: LobbyRules,
    hub: Hub,
    clock: Clock,
    log: Logger,
    neighbours?: Neighbours,
    concealed: ConcealedNames = new ConcealedNames(),
  ) {
    this.#rules = rules;
    this.hub = hub;
    this.clock = clock;
    this.log = log;
    this.concealed = concealed;
    this.claims = neighbours?.claims;
    this.#neighbours = neighbours;
    hub.observe({ unwatched: (key) => this.#tellIdle(key) });
    this.#scheduleTick();
  }

  /** The configuration of this moment. */
  get snapshot(): Snapshot {
    return this.#rules.snapshot;
  }

  /** Connections that are counted now. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections that there may be. */
  get maxConnections(): number {
    return this.#rules.maxConnections;
  }

  /** Visits without a connection that there may be: in one lobby as many as connections in all of them. */
  get maxSessions(): number {
    return this.maxConnections * (this.#neighbours?.count ?? 1);
  }

  /** True until the lobby is closed. */
  get open(): boolean {
    return this.#open;
  }

  /** `giveWay` ends a connection on which nothing is asked, if there is one, whenever there is no room for another. */
  whenFull(giveWay: () => boolean): void {
    this.#giveWay = giveWay;
  }

  /** True if one more connection may come. One that may not is counted, for the log. */
  hasRoom(): boolean {
    if (this.#open && (this.#connections < this.#rules.maxConnections || this.#giveWay())) return true;
    this.#turnedAway += 1;
    this.#everTurnedAway += 1;
    return false;
  }

  /** Counts a connection until what is returned is called, once or more often. */
  count(): () => void {
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
    const number = this.#neighbours?.nextNumber() ?? this.#named;
    return { number, id: this.#randomId(), ip };
  }

  /** Takes a guest, who is here until it has settled. */
  enter(guest: Guest): void {
    this.#guests.add(guest);
    this.#entered += 1;
    void guest.settled.then(() => {
      this.#guests.delete(guest);
      const { recvBytes, sendBytes } = guest.facts;
      this.#pastRecvBytes += recvBytes;
      this.#pastSendBytes += sendBytes;
    });
    if (!this.#open) guest.kick('shutdown', 'The server has stopped.');
  }

  /** Everybody who is here, as they are at this moment. */
  facts(): readonly GuestFacts[] {
    return Array.from(this.#guests, (guest) => guest.facts);
  }

  /** Shows out the guests that are meant, as the operator's will; returns how many. */
  kick(filter: ClientFilter, why: string): number {
    const isMeant = clientMatcher(filter);
    const meant = [...this.#guests].filter((guest) => isMeant(guest.facts));
    for (const guest of meant) guest.kick('kicked', why);
    return meant.length;
  }

  /** What was here since the process began. */
  get totals(): LobbyTotals {
    return {
      clients: this.#entered,
      turnedAway: this.#everTurnedAway,
      recvBytes: this.#pastRecvBytes,
      sendBytes: this.#pastSendBytes,
    };
  }

  /** Rules for those who come from now on. Guests of vhosts that are gone are shown out. */
  change(rules: LobbyRules): void {
    this.#rules = rules;
    for (const guest of this.#guests) {
      const gone = guest.vhosts.find((vhost) => !rules.snapshot.vhosts.get(vhost)?.enabled);
      if (gone !== undefined) guest.kick('kicked', `Vhost ${gone} was removed or switched off.`);
    }
  }

  /** Lets nobody in any more, shows everybody out, and settles when all closing events are with the gate. */
  async close(reason: CloseReason, why: string): Promise<void> {
    this.#open = false;
    const guests = [...this.#guests];
    for (const guest of guests) guest.kick(reason, why);
    await Promise.all(guests.map((guest) => guest.settled));
  }

  /** Tells that a stream of this process has lost its last player; one that has paused is still there. */
  #tellIdle(key: StreamKey): void {
    if (!this.hub.isOnAir(key) || this.hub.players(key) > 0 || this.seats.taken(key) > 0) return;
    this.#rules.snapshot.gate.tell({ action: 'on_idle', ...key });
  }

  #randomId(): string {
    let id = '';
    for (const byte of this.#random(8)) id += ID_CHARACTERS[byte % ID_CHARACTERS.length];
    return id;
  }

  /** Tells of what explains a gap in everybody's media. */
  #noticePause(): void {
    const pausedMs = Math.round(this.clock.now() - this.clock.awake());
    const ms = pausedMs - this.#pausedMs;
    if (ms < REMARKABLE_PAUSE_MS) return;
    this.#pausedMs = pausedMs;
    this.log.warn({ ms }, 'the process was paused');
  }

  #scheduleTick(): void {
    this.clock.after(TICK_MS, () => {
      this.#noticePause();
      for (const guest of this.#guests) guest.tick();
      if (this.#turnedAway > 0) {
        const { maxConnections } = this.#rules;
        const turnedAway = this.#turnedAway;
        this.log.warn({ turnedAway, maxConnections }, 'connections over max_connections dropped');
        this.#turnedAway = 0;
      }
      if (this.#open) this.#scheduleTick();
    });
  }
}
