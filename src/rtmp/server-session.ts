import type { Duplex } from 'node:stream';
import type { Guest, Lobby } from '../clients/client-registry.ts';
import { STALL_TIMEOUT_MS } from '../clients/limits.ts';
import { StallWatch } from '../clients/stall-detector.ts';
import type { Clock } from '../model/clock.ts';
import { headOfApp, headOfUrl } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { GuestFacts } from '../model/stats.ts';
import type { RandomBytes } from '../protocol/bytes/random.ts';
import { decodeCommand } from '../protocol/rtmp/command.ts';
import { ServerHandshake } from '../protocol/rtmp/handshake.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { STATUS, statusInfo } from '../protocol/rtmp/status.ts';
import { dispatch } from './commands/index.ts';
import { Connection } from './connection.ts';
import {
  COMMAND_BYTES_PER_PACKET,
  COMMAND_PACKETS,
  HANDSHAKE_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
} from './limits.ts';
import { MessageStreams } from './message-streams.ts';
import { command as commandMessage } from './replies.ts';
import type { Dialogue } from './session-context.ts';

/** One client's RTMP dialogue, server side, from the handshake to the closing events. */
export class ServerSession implements Guest {
  readonly client: ClientIdentity;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #connection: Connection;
  readonly #dialogue: Dialogue;
  readonly #startedAt: number;
  readonly #encrypted: boolean;
  /** On the scale of `awake`; the beginning until there is a visitor. */
  #idleSince: number;
  readonly #stall: StallWatch;
  /** What the log says at the end, when that is more than the reason. */
  #why: string | undefined;
  #settle: () => void = () => undefined;
  /** Settles when the connection is over and its closing events have been handed to the gate. */
  readonly settled: Promise<void>;

  constructor(stream: Duplex, client: ClientIdentity, lobby: Lobby, random: RandomBytes) {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.client = client;
    this.#clock = lobby.clock;
    this.#log = lobby.log.child({ client: client.id, ip: client.ip });
    this.#startedAt = this.#clock.now();
    this.#encrypted = 'encrypted' in stream;
    this.#idleSince = this.#clock.awake();
    this.#stall = new StallWatch(this.#idleSince);
    this.#connection = new Connection(
      stream,
      new ServerHandshake(random),
      {
        ready: () => undefined,
        message: (message) => this.#take(message),
        patience: () => this.#dialogue.streams.patience,
        closed: (reason, error) => this.#finish(reason, error),
      },
      this.#clock,
    );
    this.#dialogue = {
      connection: this.#connection,
      client,
      hub: lobby.hub,
      clock: this.#clock,
      claims: lobby.claims,
      seats: lobby.seats,
      currentSnapshot: () => lobby.snapshot,
      streams: new MessageStreams(),
      concealed: lobby.concealed,
      log: this.#log,
      visitor: undefined,
      refuse: (why, ...lastWords) => this.#refuse(why, lastWords),
      kick: (reason, why) => this.kick(reason, why),
    };
  }

  /** The vhosts that this client has entered. */
  get vhosts(): readonly string[] {
    const { visitor } = this.#dialogue;
    return visitor ? [...(visitor.home === undefined ? [] : [visitor.home]), ...visitor.events.vhosts] : [];
  }

  get facts(): GuestFacts {
    const { visitor, streams } = this.#dialogue;
    const [role] = streams.roles;
    const { bytesIn, bytesOut, backlog } = this.#connection;
    const { tcUrl = '', pageUrl = '', swfUrl = '' } = visitor?.events.shown ?? {};
    const { flashVer = '' } = visitor?.events.client ?? {};
    return {
      client: this.client,
      protocol: this.#encrypted ? 'rtmps' : 'rtmp',
      role: role === undefined ? 'idle' : role.role === 'publishing' ? 'publish' : 'play',
      vhost: role?.key.vhost ?? visitor?.home ?? '',
      app: role?.key.app ?? headOfApp(visitor?.app ?? ''),
      stream: role?.key.stream ?? '',
      // What a client has named and nobody has let in may be a key.
      tcUrl: role === undefined ? headOfUrl(tcUrl) : tcUrl,
      pageUrl,
      swfUrl,
      agent: flashVer,
      ageMs: this.#clock.now() - this.#startedAt,
      recvBytes: bytesIn,
      sendBytes: bytesOut,
      backlogBytes: backlog,
      skips: role?.role === 'playing' ? role.skips : 0,
    };
  }

  /** Tells the client why and closes. */
  kick(reason: CloseReason, description: string): void {
    this.#why ??= description;
    if (this.#dialogue.visitor) {
      const info = statusInfo('error', STATUS.connectClosed, description);
      this.#connection.send(commandMessage(0, 'onStatus', 0, null, info));
    }
    this.#connection.close(reason);
  }

  /**
   * Looks at the clock; called about once a second. Closes what has been silent or stuck for too long or may not stay,
   * and asks the backend again about who may.
   */
  tick(): void {
    const why = this.#overdue(this.#clock.awake());
    if (why !== undefined) {
      this.#why ??= why;
      this.#connection.close('timeout');
      return;
    }
    const { visitor, streams } = this.#dialogue;
    if (visitor && this.#clock.now() >= visitor.events.endsAt) {
      this.kick('limit', 'The time that was granted to this connection is over.');
      return;
    }
    const { roles } = streams;
    // One question at a time, of whatever kind.
    let mayAsk = !this.#connection.held && !roles.some(({ stay }) => stay?.asking);
    for (const { stay } of roles) {
      stay?.tick(mayAsk);
      if (stay?.asking) mayAsk = false;
    }
  }

  #overdue(now: number): string | undefined {
    const { bytesOut, backlog } = this.#connection;
    if (this.#stall.stalled(now, bytesOut, backlog))
      return `the client took no bytes for ${STALL_TIMEOUT_MS} ms`;
    if (this.#connection.held) {
      this.#idleSince = now;
      return undefined;
    }
    const { visitor, streams } = this.#dialogue;
    if (!visitor) {
      if (now - this.#idleSince <= HANDSHAKE_TIMEOUT_MS) return undefined;
      return `no connect within ${HANDSHAKE_TIMEOUT_MS} ms`;
    }
    const { roles } = streams;
    if (roles.length > 0) this.#idleSince = now;
    else if (now - this.#idleSince > IDLE_TIMEOUT_MS)
      return `nothing published or played for ${IDLE_TIMEOUT_MS} ms`;
    for (const role of roles) {
      const overdue = role.role === 'publishing' ? role.overdue() : undefined;
      if (overdue !== undefined) return overdue;
    }
    return undefined;
  }

  #take(message: RtmpMessage): void {
    switch (message.type) {
      case MESSAGE_TYPE.commandAmf0:
      case MESSAGE_TYPE.commandAmf3:
        this.#command(message);
        return;
      case MESSAGE_TYPE.audio:
      case MESSAGE_TYPE.video:
      case MESSAGE_TYPE.dataAmf0:
      case MESSAGE_TYPE.dataAmf3:
        this.#dialogue.streams.publisherAt(message.streamId)?.take(message);
        return;
      default: // Shared objects and unknown types: nothing to us, and no reason to hang up.
    }
  }

  #command(message: RtmpMessage): void {
    this.#connection.spend(COMMAND_PACKETS + message.payload.length / COMMAND_BYTES_PER_PACKET);
    const waiting = dispatch(this.#dialogue, decodeCommand(message), message.streamId);
    if (!waiting) return;
    this.#connection.hold();
    waiting.then(
      () => this.#connection.release(),
      (error: unknown) => {
        this.#log.error({ err: error }, 'a command failed: this is a bug in the server');
        this.#connection.close('protocol_error');
      },
    );
  }

  #refuse(why: string, lastWords: readonly RtmpMessage[]): void {
    this.#why ??= why;
    this.#connection.send(...lastWords);
    this.#connection.close('refused');
  }

  #finish(reason: CloseReason, error: Error | undefined): void {
    const { visitor, streams } = this.#dialogue;
    for (const role of streams.roles) role.end(reason);
    const { bytesIn, bytesOut } = this.#connection;
    const seconds = Math.round((this.#clock.now() - this.#startedAt) / 100) / 10;
    const why = this.#why ?? (isGoodbye(error) ? undefined : error?.message);
    const facts = { reason, ...(why === undefined ? {} : { why }), seconds, bytesIn, bytesOut };
    // A port scan or a load balancer's probe is not an event that a person cares about.
    if (visitor || bytesIn > 0) this.#log.info(facts, 'connection closed');
    else this.#log.debug(facts, 'connection closed');
    // Not awaited by anything that the client sees: the socket is closed already.
    void Promise.resolve(visitor?.events.close(reason)).finally(this.#settle);
  }
}

/** A client that has closed while something was being written to it has done nothing remarkable. */
function isGoodbye(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'EPIPE';
}
