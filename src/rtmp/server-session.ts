import type { Duplex } from 'node:stream';
import type { ClientEvents } from '../clients/client-events.ts';
import type { ClientRegistry } from '../clients/client-registry.ts';
import {
  type ClientDescription,
  type ClientTransport,
  ConnectedClient,
} from '../clients/connected-client.ts';
import { headOfApp, headOfUrl } from '../model/concealed-names.ts';
import type { CloseReason } from '../model/events.ts';
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
export class ServerSession extends ConnectedClient {
  protected readonly transport: ClientTransport;
  readonly #connection: Connection;
  readonly #context: SessionContext;
  /** On the scale of `awake`; the beginning until there is a client. */
  #idleSince: number;

  constructor(stream: Duplex, ip: string, clients: ClientRegistry, random: RandomBytes) {
    super(clients, ip);
    const { clock } = clients;
    this.#idleSince = clock.awake();
    const connection = new Connection(
      stream,
      new ServerHandshake(random),
      {
        ready: () => undefined,
        message: (message) => this.#handleMessage(message),
        idleBudgetMs: () => this.#context.streams.idleBudgetMs,
        closed: (reason, error) => this.end(reason, isGoodbye(error) ? undefined : error?.message),
      },
      clock,
    );
    this.#connection = connection;
    this.transport = {
      protocol: 'encrypted' in stream ? 'rtmps' : 'rtmp',
      traffic: connection,
      get backlog() {
        return connection.backlog;
      },
      close: (reason, why) => this.#close(reason, why),
    };
    this.#context = {
      clients,
      client: this.client,
      log: this.log,
      connection,
      streams: new MessageStreams(),
      connectInfo: undefined,
      admissionDeps: (events) => this.admissionDeps(events),
      refuse: (why, ...lastWords) => this.#refuse(why, lastWords),
      kick: (reason, why) => this.kick(reason, why),
    };
  }

  get vhosts(): readonly string[] {
    const { connectInfo } = this.#context;
    return connectInfo
      ? [...(connectInfo.home === undefined ? [] : [connectInfo.home]), ...connectInfo.events.vhosts]
      : [];
  }

  protected get events(): ClientEvents | undefined {
    return this.#context.connectInfo?.events;
  }

  protected describe(): ClientDescription {
    const { connectInfo, streams } = this.#context;
    const [role] = streams.roles;
    const { tcUrl = '', pageUrl = '', swfUrl = '' } = connectInfo?.events.shown ?? {};
    const { flashVer = '' } = connectInfo?.events.client ?? {};
    return {
      role: role === undefined ? 'idle' : role.role === 'publishing' ? 'publish' : 'play',
      vhost: role?.key.vhost ?? connectInfo?.home ?? '',
      app: role?.key.app ?? headOfApp(connectInfo?.app ?? ''),
      stream: role?.key.stream ?? '',
      // What a client has named and nobody has let in may be a key.
      tcUrl: role === undefined ? headOfUrl(tcUrl) : tcUrl,
      pageUrl,
      swfUrl,
      agent: flashVer,
      skips: role?.role === 'playing' ? role.skips : 0,
    };
  }

  protected tickLimits(): void {
    const { connectInfo, streams } = this.#context;
    if (connectInfo && this.clients.clock.now() >= connectInfo.events.endsAt) {
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

  protected overdue(now: number): string | undefined {
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

  #handleMessage(message: RtmpMessage): void {
    switch (message.type) {
      case MESSAGE_TYPE.commandAmf0:
      case MESSAGE_TYPE.commandAmf3:
        this.#handleCommand(message);
        return;
      case MESSAGE_TYPE.audio:
      case MESSAGE_TYPE.video:
      case MESSAGE_TYPE.dataAmf0:
      case MESSAGE_TYPE.dataAmf3:
        this.#context.streams.publisherAt(message.streamId)?.handleMedia(message);
        return;
      default: // Shared objects and unknown types: nothing to us, and no reason to hang up.
    }
  }

  #handleCommand(message: RtmpMessage): void {
    this.#connection.spend(COMMAND_PACKETS + message.payload.length / COMMAND_BYTES_PER_PACKET);
    const waiting = dispatch(this.#context, decodeCommand(message), message.streamId);
    if (!waiting) return;
    this.#connection.hold();
    waiting.then(
      () => this.#connection.release(),
      (error: unknown) => {
        this.log.error({ err: error }, 'RTMP command failed: server bug');
        this.#connection.close('protocol_error');
      },
    );
  }

  #refuse(why: string, lastWords: readonly RtmpMessage[]): void {
    this.noteWhy(why);
    this.#connection.send(...lastWords);
    this.#connection.close('refused');
  }

  /** Sends the client the reason, unless it is too slow to read it, and closes. */
  #close(reason: CloseReason, why: string): void {
    if (this.#context.connectInfo && reason !== 'timeout') {
      const info = statusInfo('error', STATUS.connectClosed, why);
      this.#connection.send(commandMessage(0, 'onStatus', 0, null, info));
    }
    this.#connection.close(reason);
  }

  protected ended(reason: CloseReason, why: string | undefined): void {
    const { connectInfo, streams } = this.#context;
    for (const role of streams.roles) role.end(reason);
    const { bytesIn, bytesOut } = this.#connection;
    const seconds = this.seconds();
    const fields = { reason, ...(why === undefined ? {} : { why }), seconds, bytesIn, bytesOut };
    // A port scan or a load balancer's probe is not an event that a person cares about.
    if (connectInfo || bytesIn > 0) this.log.info(fields, 'connection closed');
    else this.log.debug(fields, 'connection closed');
  }
}

/** A client that has closed while something was being written to it has done nothing remarkable. */
function isGoodbye(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.code === 'EPIPE';
}
