import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hub } from '../hub/hub.ts';
import { Seats } from '../hub/seats.ts';
import type { Claims } from '../model/claims.ts';
import type { Clock } from '../model/clock.ts';
import { formatIp, networkMatcher } from '../model/ip.ts';
import type { CloseReason } from '../model/lifecycle.ts';
import type { Logger } from '../model/logger.ts';
import type { ProxyProtocolOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { randomSource } from '../protocol/bytes/random.ts';
import type { Snapshot } from './dialogue.ts';
import { readProxyHeader } from './real-ip.ts';
import { ServerSession } from './server-session.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** What the front door goes by; replaced as a whole on reload. */
export interface DoorRules {
  readonly snapshot: Snapshot;
  readonly maxConnections: number;
  readonly proxyProtocol: ProxyProtocolOptions;
}

/** What the doors of several processes have in common; the only door of a server needs none of it. */
export interface DoorNeighbours {
  readonly claims: Claims;
  /** A number for a client that no other door gives out. */
  nextNumber(): number;
}

/** Lets connections in, counts them, looks at the clock for them, and shows them out. */
export class FrontDoor {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #neighbours: DoorNeighbours | undefined;
  readonly #seats = new Seats((key) => this.#tellIdle(key));
  readonly #random = randomSource();
  readonly #sessions = new Set<ServerSession>();
  /** Sockets that still owe their PROXY header. */
  readonly #waiting = new Set<Socket>();
  #rules: DoorRules;
  #isProxy: (ip: string) => boolean;
  #accepted = 0;
  #turnedAway = 0;
  #open = true;

  constructor(rules: DoorRules, hub: Hub, clock: Clock, log: Logger, neighbours?: DoorNeighbours) {
    this.#rules = rules;
    this.#isProxy = proxyMatcher(rules.proxyProtocol);
    this.#hub = hub;
    this.#clock = clock;
    this.#log = log;
    this.#neighbours = neighbours;
    hub.observe({ unwatched: (key) => this.#tellIdle(key) });
    this.#scheduleTick();
  }

  get connections(): number {
    return this.#sessions.size + this.#waiting.size;
  }

  /** Rules for those who come from now on. Clients of vhosts that are gone are shown out. */
  change(rules: DoorRules): void {
    this.#rules = rules;
    this.#isProxy = proxyMatcher(rules.proxyProtocol);
    for (const session of this.#sessions) {
      const gone = session.vhosts.find((vhost) => !rules.snapshot.vhosts.get(vhost)?.enabled);
      if (gone !== undefined) session.kick('kicked', `Vhost ${gone} was removed or switched off.`);
    }
  }

  /** Takes a socket that a listener accepted. */
  accept(socket: Socket): void {
    if (!this.#open || this.connections >= this.#rules.maxConnections) {
      this.#turnedAway += 1;
      socket.destroy();
      return;
    }
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const peer = formatIp(socket.remoteAddress ?? '');
    if (!this.#isProxy(peer)) {
      this.enter(socket, peer);
      return;
    }
    this.#waiting.add(socket);
    readProxyHeader(
      socket,
      this.#clock,
      (ip) => {
        this.#waiting.delete(socket);
        if (this.#open) this.enter(socket, ip);
        else socket.destroy();
      },
      (why) => {
        this.#waiting.delete(socket);
        this.#log.info({ ip: peer, why }, 'connection dropped');
        socket.destroy();
      },
    );
  }

  /** Begins a session with the client at `ip` over any duplex stream. */
  enter(stream: Duplex, ip: string): ServerSession {
    this.#accepted += 1;
    const number = this.#neighbours?.nextNumber() ?? this.#accepted;
    const client = { number, id: this.#randomId(), ip };
    const session = new ServerSession(stream, client, {
      hub: this.#hub,
      clock: this.#clock,
      log: this.#log,
      claims: this.#neighbours?.claims,
      seats: this.#seats,
      random: this.#random,
      currentSnapshot: () => this.#rules.snapshot,
    });
    this.#sessions.add(session);
    void session.settled.then(() => this.#sessions.delete(session));
    if (!this.#open) session.kick('shutdown', 'The server has stopped.');
    return session;
  }

  /** Lets nobody in any more, shows everybody out, and settles when all closing events are with the gate. */
  async close(reason: CloseReason, description: string): Promise<void> {
    this.#open = false;
    for (const socket of this.#waiting) socket.destroy();
    const sessions = [...this.#sessions];
    for (const session of sessions) session.kick(reason, description);
    await Promise.all(sessions.map((session) => session.settled));
  }

  /** Tells that a stream of this process has lost its last player; one that has paused is still there. */
  #tellIdle(key: StreamKey): void {
    if (!this.#hub.isOnAir(key) || this.#hub.players(key) > 0 || this.#seats.taken(key) > 0) return;
    this.#rules.snapshot.gate.tell({ action: 'on_idle', ...key });
  }

  #randomId(): string {
    let id = '';
    for (const byte of this.#random(8)) id += ID_CHARACTERS[byte % ID_CHARACTERS.length];
    return id;
  }

  #scheduleTick(): void {
    this.#clock.after(TICK_MS, () => {
      for (const session of this.#sessions) session.tick();
      if (this.#turnedAway > 0) {
        const { maxConnections } = this.#rules;
        this.#log.warn(
          { turnedAway: this.#turnedAway, maxConnections },
          'connections over max_connections dropped',
        );
        this.#turnedAway = 0;
      }
      if (this.#open) this.#scheduleTick();
    });
  }
}

function proxyMatcher(options: ProxyProtocolOptions): (ip: string) => boolean {
  return options.enabled ? networkMatcher(options.trusted) : () => false;
}
