import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LINGER_MS } from '../clients/connected-client.ts';
import type { Clock, Timer } from '../model/clock.ts';
import type { CloseReason } from '../model/events.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { splitAggregate } from '../protocol/rtmp/aggregate.ts';
import { ChunkDecoder } from '../protocol/rtmp/chunk-decoder.ts';
import { chunkedSize, writeChunked } from '../protocol/rtmp/chunk-encoder.ts';
import {
  acknowledgement,
  parseUint32,
  parseUserControl,
  pingResponse,
  setChunkSize,
  USER_CONTROL,
} from '../protocol/rtmp/control.ts';
import type { HandshakeStep } from '../protocol/rtmp/handshake.ts';
import { MESSAGE_TYPE, type RtmpMessage } from '../protocol/rtmp/message.ts';
import { ReadThrottle } from './read-throttle.ts';
import { WorkBudget } from './work-budget.ts';

/** Work that an answer counts as, for its write, in media packets. */
const ANSWER_PACKETS = 4;

/** Chunks that count as the work of one media packet. */
const CHUNKS_PER_PACKET = 16;

/** Bytes of replies that may wait for a peer which asks and does not read. */
export const MAX_REPLY_BACKLOG: number = 1024 * 1024;

/** Bytes that are read ahead while a gate is being asked; then the socket is not read any more. */
export const MAX_EARLY_BYTES: number = 1024 * 1024;

/** RTMP 5.4.1: the chunk size of both directions until a Set Chunk Size says otherwise. */
const DEFAULT_CHUNK_SIZE = 128;

/** Callbacks of a connection into its session. */
export interface ConnectionEvents {
  /** The handshake is complete. */
  ready(): void;
  /**
   * A message that is not the connection's own business (chunk size, acknowledgements and pings are). An aggregate comes
   * as the messages within.
   */
  message(message: RtmpMessage): void;
  /** Milliseconds for which nothing that the peer may send is needed; asked after each read. */
  idleBudgetMs(): number;
  /** The connection is over. Called once. */
  closed(reason: CloseReason, error?: Error): void;
}

export interface Handshake {
  push(bytes: Buffer): HandshakeStep;
}

/**
 * RTMP messages over one duplex stream, for both roles: handshake, chunks, acknowledgements, pings, back-pressure. What
 * the stream reads is borrowed: it may change once its 'data' has been handled. Messages are handed out in their order, so
 * many in a turn and so many in a second as `WorkBudget` allows; what is left waits, and the stream is not read meanwhile.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #events: ConnectionEvents;
  readonly #clock: Clock;
  readonly #decoder = new ChunkDecoder();
  #pace: ReadThrottle;
  readonly #budget: WorkBudget;
  /** Chunks of the decoder, and messages that it did not return, which have been counted. */
  #chunks = 0;
  #obeyed = 0;
  /** The messages that are left of an aggregate. */
  #parts: Iterator<RtmpMessage> | undefined;
  /** Set while what has been read waits for another turn, or for the time that its pace asks for. */
  #wait: Timer | 'another turn' | undefined;
  /** True when the peer has ended while what it had sent before waits. */
  #ending = false;
  #handshake: Handshake | undefined;
  #held = false;
  #paused = false;
  /** Set while the stream is not read because nobody needs what it brings. */
  #rest: Timer | undefined;
  #closed = false;
  #outChunkSize = DEFAULT_CHUNK_SIZE;
  #bytesIn = 0;
  #bytesOut = 0;
  #acknowledged = 0;
  #peerWindow = 0;
  #minWindow = 0;
  #prompt = true;
  #gathering = false;
  /** True while all that the present read has brought are the peer's own acknowledgements. */
  #onlyAcknowledged = false;
  /** Bytes of replies since the socket was last empty: what a peer that asks and never reads makes us hold. */
  #replyBytes = 0;

  constructor(stream: Duplex, handshake: Handshake, events: ConnectionEvents, clock: Clock) {
    this.#stream = stream;
    this.#handshake = handshake;
    this.#events = events;
    this.#clock = clock;
    this.#pace = new ReadThrottle(clock.now());
    this.#budget = new WorkBudget(clock.now());
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    stream.on('end', () => this.#hearEnd());
    stream.on('error', (error) => this.close('client', error));
    stream.on('close', () => this.#hearEnd());
  }

  /** Bytes received, handshake included. */
  get bytesIn(): number {
    return this.#bytesIn;
  }

  /** Bytes given to the socket, handshake included. */
  get bytesOut(): number {
    return this.#bytesOut;
  }

  /** Bytes that were written and have not left the process. */
  get backlog(): number {
    return this.#stream.writableLength;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  get chunkSize(): number {
    return this.#outChunkSize;
  }

  /** Stops handing out messages until `release`; input is still read, so that a disconnect is noticed, but bounded. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#paused = false;
    this.#handOut();
    this.#flow();
  }

  /** Counts work for the peer that costs as much as so many media packets. */
  spend(packets: number): void {
    this.#budget.spend(packets);
  }

  /** Reads now and lets the stream rest no more, until enough has been read to tell anew for how long it may. */
  pollNow(): void {
    this.#pace = new ReadThrottle(this.#clock.now());
    this.#readOn();
  }

  #readOn(): void {
    if (!this.#rest) return;
    this.#rest.clear();
    this.#rest = undefined;
    this.#flow();
  }

  /** Reads, unless there is a reason not to. */
  #flow(): void {
    if (!this.#paused && !this.#rest && !this.#wait) this.#stream.resume();
  }

  get held(): boolean {
    return this.#held;
  }

  /** Acknowledges after this many bytes; 0 follows the peer's own window. */
  acknowledgeEvery(bytes: number): void {
    this.#minWindow = bytes;
  }

  /** Writes messages in one go, so that they leave in one segment. */
  send(...messages: readonly RtmpMessage[]): void {
    const size = (message: RtmpMessage) =>
      chunkedSize(message.payload.length, message.timestamp, this.#outChunkSize);
    const bytes = Buffer.allocUnsafe(messages.reduce((sum, message) => sum + size(message), 0));
    let offset = 0;
    for (const message of messages) {
      offset = writeChunked(bytes, offset, message, message.payload, this.#outChunkSize);
    }
    this.write(bytes);
    this.spend(ANSWER_PACKETS);
    this.#replyBytes = this.backlog === 0 ? 0 : this.#replyBytes + bytes.length;
    if (this.#replyBytes > MAX_REPLY_BACKLOG) {
      this.close('slow', new Error(`the client left ${MAX_REPLY_BACKLOG} bytes of replies unread`));
    }
  }

  /** Ends the phase in which every read is answered at once (see `#acknowledge`): from here on media flows. */
  steady(): void {
    this.#prompt = false;
  }

  /** Nagle's algorithm, off or on; nothing on a stream that is no socket. */
  setNoDelay(on: boolean): void {
    if (this.#stream instanceof Socket) this.#stream.setNoDelay(on);
  }

  /** Tells the peer the size of the chunks that follow, and uses it from here on. */
  switchChunkSize(bytes: number): void {
    this.send(setChunkSize(bytes));
    this.#outChunkSize = bytes;
  }

  /** Writes bytes that are already chunked. They may be shared with other connections. */
  write(bytes: Buffer): void {
    if (this.#closed || bytes.length === 0) return;
    this.#bytesOut += bytes.length;
    if (this.#prompt) this.#gather();
    this.#stream.write(bytes);
  }

  /** While a session is being set up, what is written in one turn leaves in one segment, for one system call. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#stream.cork();
    this.#clock.endOfTurn(() => {
      this.#gathering = false;
      this.#stream.uncork();
    });
  }

  /** Several writes that leave together. */
  corked(writes: () => void): void {
    this.#stream.cork();
    writes();
    this.#stream.uncork();
  }

  /**
   * Ends the connection once. What was written before still leaves, then the peer sees the end of the stream; a peer
   * that does not close in turn is cut off.
   */
  close(reason: CloseReason, error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rest?.clear();
    if (typeof this.#wait === 'object') this.#wait.clear();
    this.#stream.end();
    this.#stream.resume();
    if (reason === 'slow' || reason === 'timeout' || error !== undefined) {
      this.#stream.destroy();
    } else {
      const linger = this.#clock.after(LINGER_MS, () => this.#stream.destroy());
      this.#stream.once('close', () => linger.clear());
    }
    this.#events.closed(reason, error);
  }

  #receive(bytes: Buffer): void {
    if (this.#closed) return;
    this.#bytesIn += bytes.length;
    const sentBefore = this.#bytesOut;
    this.#onlyAcknowledged = false;
    try {
      if (this.#handshake) this.#shakeHands(this.#handshake, bytes);
      else this.#decoder.push(bytes);
    } catch (error) {
      this.#fail(error);
    }
    this.#handOut();
    this.#decoder.keep();
    const answered = this.#bytesOut !== sentBefore || this.#onlyAcknowledged;
    this.#acknowledge(this.#prompt && !this.#handshake && !answered);
    this.#pace.took(bytes.length, this.#clock.now());
    this.#considerRest();
  }

  #considerRest(): void {
    if (this.#closed || this.#held || this.#paused || this.#rest || this.#wait) return;
    const ms = this.#pace.restMs(this.#events.idleBudgetMs());
    if (ms === 0) return;
    this.#stream.pause();
    this.#rest = this.#clock.after(ms, () => this.#readOn());
  }

  #shakeHands(handshake: Handshake, bytes: Buffer): void {
    const step = handshake.push(bytes);
    // Over a stream in memory the peer may answer what we write before `write` returns.
    if (step.done) this.#handshake = undefined;
    if (step.rest.length > 0) this.#decoder.push(step.rest);
    if (step.reply) this.write(step.reply);
    if (step.done) this.#events.ready();
  }

  #handOut(): void {
    try {
      for (let first = true; !this.#held && !this.#closed && !this.#wait; first = false) {
        const message = this.#nextPart() ?? this.#decoder.next();
        if (!message) break;
        const acknowledgement = message.type === MESSAGE_TYPE.acknowledgement;
        this.#onlyAcknowledged = acknowledgement && (first || this.#onlyAcknowledged);
        this.#budget.spend(1);
        this.#handle(message);
        if (this.#budget.turnIsOver) this.#giveWay();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#countChunks();
    if (this.#held && !this.#paused && this.#decoder.buffered > MAX_EARLY_BYTES) {
      this.#paused = true;
      this.#stream.pause();
    }
  }

  #nextPart(): RtmpMessage | undefined {
    const part = this.#parts?.next();
    if (part?.done) this.#parts = undefined;
    return part?.value as RtmpMessage | undefined;
  }

  /** Chunks cost something, and so do messages that only the decoder sees. */
  #countChunks(): void {
    const { chunks, obeyed } = this.#decoder;
    this.#budget.spend((chunks - this.#chunks) / CHUNKS_PER_PACKET + obeyed - this.#obeyed);
    this.#chunks = chunks;
    this.#obeyed = obeyed;
    if (this.#budget.turnIsOver) this.#giveWay();
  }

  /** Leaves what has been read until the others have had their turn, or for as long as the budget says. */
  #giveWay(): void {
    if (this.#closed || this.#wait) return;
    const ms = this.#budget.settle(this.#clock.now());
    this.#stream.pause();
    const goOn = () => {
      this.#wait = undefined;
      if (this.#closed) return;
      this.#handOut();
      if (this.#ending) this.#hearEnd();
      else this.#flow();
    };
    if (ms > 0) {
      this.#wait = this.#clock.after(ms, goOn);
    } else {
      this.#wait = 'another turn';
      this.#clock.endOfTurn(goOn);
    }
  }

  /** The peer has ended: at once, or when what it had sent before has been handed out. */
  #hearEnd(): void {
    this.#ending = true;
    if (!this.#wait) this.close('client');
  }

  #handle(message: RtmpMessage): void {
    switch (message.type) {
      case MESSAGE_TYPE.acknowledgement:
      case MESSAGE_TYPE.setPeerBandwidth:
        return;
      case MESSAGE_TYPE.windowAckSize:
        this.#peerWindow = parseUint32(message);
        return;
      case MESSAGE_TYPE.userControl: {
        const control = parseUserControl(message);
        if (control.event === USER_CONTROL.pingRequest) this.send(pingResponse(control.value));
        return;
      }
      case MESSAGE_TYPE.aggregate:
        this.#parts = splitAggregate(message);
        return;
      default:
        this.#events.message(message);
    }
  }

  /**
   * RTMP 5.4.3: the sequence number is the number of bytes received so far, modulo 2^32. While the session is being
   * set up the server acknowledges whatever it has no other answer to: the peers' sockets hold their next command back
   * until TCP has acknowledged the one before, which a silent server's kernel does 40 ms later. An acknowledgement itself
   * is not acknowledged so, or two peers of this habit would never come to rest.
   */
  #acknowledge(promptly: boolean): void {
    const window = this.#minWindow || this.#peerWindow;
    const due = window > 0 && this.#bytesIn - this.#acknowledged >= window;
    if (this.#closed || !(due || promptly)) return;
    this.#acknowledged = this.#bytesIn;
    this.send(acknowledgement(this.#bytesIn >>> 0));
  }

  #fail(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    this.close('protocol_error', error);
  }
}
