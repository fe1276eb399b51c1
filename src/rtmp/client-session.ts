import type { Duplex } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/process-clock.ts';
import type { AmfObject, AmfValue } from '../protocol/amf0/value.ts';
import { type Command, decodeCommand } from '../protocol/rtmp/command.ts';
import { setBufferLength } from '../protocol/rtmp/control.ts';
import { ClientHandshake } from '../protocol/rtmp/handshake.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { STATUS } from '../protocol/rtmp/status.ts';
import { Connection } from './connection.ts';
import { command as commandMessage } from './replies.ts';

/** Fields with which a client introduces itself. */
export interface ClientOptions {
  readonly tcUrl: string;
  readonly app: string;
  /** Added to the command object of `connect`, for example `pageUrl` or `fourCcList`. */
  readonly properties?: AmfObject;
  readonly handshake?: 'simple' | 'digest';
  readonly chunkSize?: number;
  readonly clock?: Clock;
}

/** The server's refusal, or the end of the connection while an answer was due. */
export class RtmpRefusal extends Error {
  /** For example `NetStream.Publish.Denied`; `NetConnection.Connect.Closed` when the connection ended. */
  readonly code: string;

  constructor(code: string, description: string) {
    super(`${code}: ${description}`);
    this.name = 'RtmpRefusal';
    this.code = code;
  }
}

interface Waiter<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
}

/** An RTMP session, client side, over any duplex stream: connects, then publishes or plays. */
export class ClientSession {
  readonly #connection: Connection;
  readonly #calls = new Map<number, Waiter<Command>>();
  /** By message stream, who waits for the status `success`. Several statuses may come in one read. */
  readonly #statuses = new Map<number, { readonly success: string } & Waiter<void>>();
  #lastCall = 0;
  #onMedia: (message: RtmpMessage) => void = () => {};
  #over: Error | undefined;
  #signalReady: () => void = () => {};
  #signalClosed: () => void = () => {};
  /** The status that the server sent last, such as the reason of a kick. */
  lastStatus: { readonly code: string; readonly description: string } | undefined;
  /** Settles when the connection is over. */
  readonly closed: Promise<void>;
  readonly #ready: Promise<void>;

  private constructor(stream: Duplex, options: ClientOptions) {
    this.closed = new Promise((resolve) => {
      this.#signalClosed = resolve;
    });
    this.#ready = new Promise((resolve) => {
      this.#signalReady = resolve;
    });
    const handshake = new ClientHandshake(options.handshake ?? 'simple');
    this.#connection = new Connection(
      stream,
      handshake,
      {
        ready: () => this.#signalReady(),
        message: (message) => this.#handleMessage(message),
        idleBudgetMs: () => 0,
        closed: (_reason, error) => this.#finish(error),
      },
      options.clock ?? systemClock,
    );
    // Prompt acknowledgements are the server's part: two sides that acknowledge each other's would never end.
    this.#connection.steady();
    this.#connection.write(handshake.start());
  }

  /** Shakes hands and connects. Rejects with an `RtmpRefusal` if the server does not want this client. */
  static async connect(stream: Duplex, options: ClientOptions): Promise<ClientSession> {
    const session = new ClientSession(stream, options);
    await Promise.race([session.#ready, session.closed]);
    session.#connection.switchChunkSize(options.chunkSize ?? 60_000);
    await session.call('connect', {
      app: options.app,
      type: 'nonprivate',
      flashVer: 'FMLE/3.0 (compatible; gatecast)',
      tcUrl: options.tcUrl,
      ...options.properties,
    });
    return session;
  }

  /** Calls a remote procedure and resolves with its `_result`; an `_error` rejects with an `RtmpRefusal`. */
  call(name: string, ...args: readonly AmfValue[]): Promise<Command> {
    this.#lastCall += 1;
    const id = this.#lastCall;
    return this.#await(this.#calls, id, {}, () =>
      this.#connection.send(commandMessage(0, name, id, ...args)),
    );
  }

  /** Creates a message stream and returns its id. */
  async createStream(): Promise<number> {
    const { args } = await this.call('createStream', null);
    const id = args[1];
    if (typeof id !== 'number') throw new Error('the server answered createStream without a stream id');
    return id;
  }

  /** Publishes `name` on a new message stream, whose id it resolves with; a refusal rejects. */
  async publish(name: string): Promise<number> {
    const streamId = await this.createStream();
    await this.publishOn(streamId, name);
    return streamId;
  }

  /** Publishes `name` on a message stream that is there already. */
  async publishOn(streamId: number, name: string): Promise<void> {
    await this.#request(
      streamId,
      STATUS.publishStart,
      commandMessage(streamId, 'publish', 0, null, name, 'live'),
    );
  }

  /** Plays `name` on a new message stream; its media goes to `onMedia`. */
  async play(name: string, onMedia: (message: RtmpMessage) => void): Promise<number> {
    const streamId = await this.createStream();
    this.#onMedia = onMedia;
    this.#connection.send(setBufferLength(streamId, 3000));
    await this.#request(streamId, STATUS.playStart, commandMessage(streamId, 'play', 0, null, name, -2));
    return streamId;
  }

  /** Sends a command that has no answer, such as deleteStream, on a message stream. */
  notify(streamId: number, name: string, ...args: readonly AmfValue[]): void {
    this.#connection.send(commandMessage(streamId, name, 0, ...args));
  }

  /** Sends any message, media above all. */
  send(...messages: readonly RtmpMessage[]): void {
    this.#connection.send(...messages);
  }

  close(): void {
    this.#connection.close('client');
  }

  /** Sends a request and resolves when the stream's status is `success`; others that are no errors come before it. */
  #request(streamId: number, success: string, message: RtmpMessage): Promise<void> {
    return this.#await(this.#statuses, streamId, { success }, () => this.#connection.send(message));
  }

  #await<T, F>(waiters: Map<number, F & Waiter<T>>, key: number, facts: F, send: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#over) {
        reject(this.#over);
        return;
      }
      waiters.set(key, { ...facts, resolve, reject });
      send();
    });
  }

  #handleMessage(message: RtmpMessage): void {
    if (message.type === MESSAGE_TYPE.commandAmf0 || message.type === MESSAGE_TYPE.commandAmf3) {
      this.#answer(decodeCommand(message), message.streamId);
    } else {
      this.#onMedia(message);
    }
  }

  #answer(answer: Command, streamId: number): void {
    if (answer.name === '_result' || answer.name === '_error') {
      const call = this.#calls.get(answer.transactionId);
      this.#calls.delete(answer.transactionId);
      if (answer.name === '_result') {
        call?.resolve(answer);
      } else {
        const { code, description } = readStatus(answer);
        call?.reject(new RtmpRefusal(code, description));
      }
    } else if (answer.name === 'onStatus') {
      this.#takeStatus(readStatus(answer), streamId);
    }
  }

  #takeStatus(status: Status, streamId: number): void {
    this.lastStatus = status;
    const waiter = this.#statuses.get(streamId);
    const { code, level, description } = status;
    if (code !== waiter?.success && level !== 'error') return;
    this.#statuses.delete(streamId);
    if (code === waiter?.success) waiter.resolve();
    else waiter?.reject(new RtmpRefusal(code, description));
  }

  #finish(error: Error | undefined): void {
    this.#over = new RtmpRefusal(
      STATUS.connectClosed,
      this.lastStatus?.description ?? error?.message ?? 'the server closed the connection',
    );
    for (const waiters of [this.#calls, this.#statuses]) {
      for (const waiter of waiters.values()) waiter.reject(this.#over);
      waiters.clear();
    }
    this.#signalClosed();
  }
}

interface Status {
  readonly code: string;
  readonly level: string;
  readonly description: string;
}

function readStatus(answer: Command): Status {
  const info = answer.args.find((value) => typeof value === 'object' && value !== null && 'code' in value);
  const { code, level, description } = (info ?? {}) as AmfObject;
  const text = (value: AmfValue) => (typeof value === 'string' ? value : '');
  return { code: text(code), level: text(level), description: text(description) };
}
