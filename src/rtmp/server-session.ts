import type { Duplex } from 'node:stream';
import type { ClientHandle, ClientRegistry } from '../clients/client-registry.ts';
import { STALL_TIMEOUT_MS, StallDetector } from '../clients/stall-detector.ts';
import type { Clock } from '../model/clock.ts';
import { headOfApp, headOfUrl } from '../model/concealed-names.ts';
import type { ClientIdentity, CloseReason } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { ClientInfo } from '../model/stats.ts';
import type { RandomBytes } from '../protocol/bytes/random.ts';
import { decodeCommand } from '../protocol/rtmp/command.ts';
import { ServerHandshake } from '../protocol/rtmp/handshake.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { STATUS, statusInfo } from '../protocol/rtmp/status.ts';
import { dispatch } from './commands/index.ts';
import { Connection } from './connection.ts';
import { MessageStreams } from './message-streams.ts';
import { command as commandMessage } from './replies.ts';
import type { SessionContext } from './session-context.ts';

export const COMMAND_PACKETS = 16;

/** Bytes of a command that count as the work of one media packet, beside `COMMAND_PACKETS`. */
const COMMAND_BYTES_PER_PACKET = 64;

/** A connection that neither publishes nor plays, in milliseconds (SRS waits as long for a republish). */
export const IDLE_TIMEOUT_MS = 180_000;

/** From accept to the end of the handshake, and from there to an accepted `connect`, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;

/** One client's RTMP session, server side, from the handshake to the closing events. */
export class ServerSession implements ClientHandle {
  readonly client: ClientIdentity;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #connection: Connection;
  readonly #context: SessionContext;
  readonly #startedAt: number;
  readonly #encrypted: boolean;
  /** On the scale of `awake`; the beginning until there is a client. */
  #idleSince: number;
  readonly #stall: StallDetector;
  /** What the log says at the end, when that is more than the reason. */
  #why: string | undefined;
  #settle: () => void = () => undefined;
  /** Settles when the connection is over and its closing events have been handed to the gate. */
  readonly settled: Promise<void>;

  constructor(stream: Duplex, client: ClientIdentity, clients: ClientRegistry, random: RandomBytes) {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.client = client;
    this.#clock = clients.clock;
    this.#log = clients.log.child({ client: client.id, ip: client.ip });
    this.#startedAt = this.#clock.now();
    this.#encrypted = 'encrypted' in stream;
    this.#idleSince = this.#clock.awake();
    this.#stall = new StallDetector(this.#idleSince);
    this.#connection = new Connection(
      stream,
      new ServerHandshake(random),
      {
        ready: () => undefined,
        message: (message) => this.#take(message),
        patience: () => this.#context.streams.patience,
        closed: (reason, error) => this.#finish(reason, error),
      },
      this.#clock,
    );
    this.#context = {
      connection: this.#connection,
      client,
      hub: clients.hub,
      clock: this.#clock,
      claims: clients.claims,
      slots: clients.slots,
      currentSnapshot: () => clients.snapshot,
      streams: new MessageStreams(),
      concealed: clients.concealed,
      log: this.#log,
      connectInfo: undefined,
      refuse: (why, ...lastWords) => this.#refuse(why, lastWords),
      kick: (reason, why) => this.kick(reason, why),
    };
  }

  /** The vhosts that this client has entered. */
  get vhosts(): readonly string[] {
    const { connectInfo } = this.#context;
    return connectInfo
      ? [...(connectInfo.home === undefined ? [] : [connectInfo.home]), ...connectInfo.events.vhosts]
      : [];
  }

  get facts(): ClientInfo {
    const { connectInfo, streams } = this.#context;
    const [role] = streams.roles;
    const { bytesIn, bytesOut, backlog } = this.#connection;
    const { tcUrl = '', pageUrl = '', swfUrl = '' } = connectInfo?.events.shown ?? {};
    const { flashVer = '' } = connectInfo?.events.client ?? {};
    return {
      client: this.client,
      protocol: this.#encrypted ? 'rtmps' : 'rtmp',
      role: role === undefined ? 'idle' : role.role === 'publishing' ? 'publish' : 'play',
      vhost: role?.key.vhost ?? connectInfo?.home ?? '',
      app: role?.key.app ?? headOfApp(connectInfo?.app ?? ''),
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
    if (this.#context.connectInfo) {
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
    const { connectInfo, streams } = this.#context;
    if (connectInfo && this.#clock.now() >= connectInfo.events.endsAt) {
      this.kick('limit', 'The granted connection time is over.');
      return;
    }
    const { roles } = streams;
    // One question at a time, of whatever kind.
    let mayAsk = !this.#connection.held && !roles.some(({ limits }) => limits?.asking);
    for (const { limits } of roles) {
      limits?.tick(mayAsk);
      if (limits?.asking) mayAsk = false;
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
    const { connectInfo, streams } = this.#context;
    if (!connectInfo) {
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
        this.#context.streams.publisherAt(message.streamId)?.take(message);
        return;
      default: // Shared objects and unknown types: nothing to us, and no reason to hang up.
    }
  }

  #command(message: RtmpMessage): void {
    this.#connection.spend(COMMAND_PACKETS + message.payload.length / COMMAND_BYTES_PER_PACKET);
    const waiting = dispatch(this.#context, decodeCommand(message), message.streamId);
    if (!waiting) return;
    this.#connection.hold();
    waiting.then(
      () => this.#connection.release(),
      (error: unknown) => {
        this.#log.error({ err: error }, 'RTMP command failed: server bug');
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
    const { connectInfo, streams } = this.#context;
    for (const role of streams.roles) role.end(reason);
    const { bytesIn, bytesOut } = this.#connection;
    const seconds = Math.round((this.#clock.now() - this.#startedAt) / 100) / 10;
    const why = this.#why ?? (isGoodbye(error) ? undefined : error?.message);
    const facts = { reason, ...(why === undefined ? {} : { why }), seconds, bytesIn, bytesOut };
    // A port scan or a load balancer's probe is not an event that a person cares about.
    if (connectInfo || bytesIn > 0) this.#log.info(facts, 'connection closed');
    else this.#log.debug(facts, 'connection closed');
    // Not awaited by anything that the client sees: the socket is closed already.
    void Promise.resolve(connectInfo?.events.close(reason)).finally(this.#settle);
  }
}

/** A client that has closed while something was being written to it has done nothing remarkable. */
function isGoodbye(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'EPIPE';
}
