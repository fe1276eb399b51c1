import { ByteQueue } from '../bytes/byte-queue.ts';
import { Slab } from '../bytes/slab.ts';
import { ProtocolError } from '../errors.ts';
import { ChunkStream } from './chunk-stream.ts';
import { MESSAGE_TYPE, type RtmpMessage } from './message.ts';

const EXTENDED = 0xffffff;
const MAX_CHUNK_SIZE = 0xffffff;
/** Length of the message header by fmt (RTMP 5.3.1.2). */
const HEADER_LENGTH = [11, 7, 3, 0] as const;

/** Bounds on what one peer may make us hold. */
export interface ChunkLimits {
  /** Longest payload of one message, bytes. */
  readonly maxMessageSize: number;
  /** Chunk streams ever used on the connection. */
  readonly maxChunkStreams: number;
  /** Payload bytes of all messages that are not yet whole. */
  readonly maxBuffered: number;
}

const DEFAULT_LIMITS: ChunkLimits = {
  maxMessageSize: 8 * 1024 * 1024,
  maxChunkStreams: 64,
  maxBuffered: 16 * 1024 * 1024,
};

/**
 * Puts chunks together to messages (RTMP 5.3). Push bytes as they come, then call {@link next} until it has no
 * more. Set Chunk Size and Abort are obeyed here and not returned.
 *
 * After a `ProtocolError` the position in the stream is lost; use the decoder no more.
 */
export class ChunkDecoder {
  readonly #limits: ChunkLimits;
  readonly #queue = new ByteQueue();
  readonly #streams = new Map<number, ChunkStream>();
  readonly #slab = new Slab();
  #chunkSize = 128;
  #chunks = 0;
  #obeyed = 0;
  /** Bytes held in unfinished messages. */
  #partial = 0;
  /** The chunk whose payload is being read, and how much of it is still to come. */
  #current: ChunkStream | undefined;
  #chunkLeft = 0;

  constructor(limits: Partial<ChunkLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Bytes pushed and not yet consumed. */
  get buffered(): number {
    return this.#queue.length;
  }

  /** Chunks that have begun so far. */
  get chunks(): number {
    return this.#chunks;
  }

  /** Messages so far that were obeyed here and not returned. */
  get obeyed(): number {
    return this.#obeyed;
  }

  /** Bytes per chunk that the peer announced last; 128 at first. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Lends bytes, not copied: they must not change until they are consumed or {@link keep} is called. Parses nothing. */
  push(bytes: Buffer): void {
    this.#queue.push(bytes);
  }

  /** Gives the bytes that were lent back: what has not been consumed of them is copied. */
  keep(): void {
    this.#queue.keep();
  }

  /**
   * The next whole message, or undefined until more bytes are pushed. Its payload never changes; that of a short audio
   * or video message keeps a slab of memory alive which it shares with others of this decoder, see {@link Slab}.
   * Throws `ProtocolError`: `chunk`, `chunk_size`, `chunk_stream_limit`, `message_too_large`, `buffer_limit`, `control`.
   */
  next(): RtmpMessage | undefined {
    for (;;) {
      const stream = this.#current ?? this.#readHeader();
      if (!stream || !this.#readPayload(stream)) return undefined;
      this.#current = undefined;
      if (stream.received < stream.length) continue;
      const message = this.#finish(stream);
      if (message.type === MESSAGE_TYPE.setChunkSize) this.#setChunkSize(message.payload);
      else if (message.type === MESSAGE_TYPE.abort) this.#abort(message.payload);
      else return message;
      this.#obeyed += 1;
    }
  }

  /** Look first, consume when whole: undefined, with nothing consumed, while a part of the header is missing. */
  #readHeader(): ChunkStream | undefined {
    const queue = this.#queue;
    if (queue.length === 0) return undefined;
    const first = queue.byteAt(0);
    const fmt = first >> 6;
    // RTMP 5.3.1.1: 0 and 1 in the low bits announce one or two further bytes.
    const low = first & 0x3f;
    const basic = low === 0 ? 2 : low === 1 ? 3 : 1;
    const length = basic + (HEADER_LENGTH[fmt] as number);
    if (queue.length < length) return undefined;
    const csid = basic === 1 ? low : 64 + queue.byteAt(1) + (basic === 3 ? queue.byteAt(2) * 256 : 0);
    const known = this.#streams.get(csid);
    this.#checkOrder(fmt, csid, known);
    const stream = known ?? new ChunkStream(csid, this.#slab);
    const ready =
      fmt === 3 ? this.#readBareHeader(stream, basic) : this.#readFullHeader(stream, fmt, basic, length);
    if (!ready) return undefined;
    if (!known) this.#streams.set(csid, stream);
    this.#current = stream;
    this.#chunks += 1;
    this.#chunkLeft = Math.min(this.#chunkSize, stream.length - stream.received);
    return stream;
  }

  #checkOrder(fmt: number, csid: number, known: ChunkStream | undefined): void {
    if (known) {
      if (known.open && fmt !== 3) {
        throw new ProtocolError(
          'chunk',
          `A new message begins on chunk stream ${csid} within an unfinished one`,
        );
      }
      return;
    }
    // RTMP 5.3.1.2.1 wants fmt 0 first. librtmp opens chunk stream 2 with fmt 1 for its pings, whose stream id can
    // only be 0; SRS lets that pass too. fmt 2 and 3 would leave even the length open.
    if (fmt > 1)
      throw new ProtocolError(
        'chunk',
        `Chunk stream ${csid} begins with fmt ${fmt}, which needs an earlier header`,
      );
    if (this.#streams.size >= this.#limits.maxChunkStreams) {
      throw new ProtocolError(
        'chunk_stream_limit',
        `More than ${this.#limits.maxChunkStreams} chunk streams are in use`,
      );
    }
  }

  /** fmt 0, 1 and 2 (RTMP 5.3.1.2.1 to 5.3.1.2.3), which always begin a message. `end` is where the fixed part ends. */
  #readFullHeader(stream: ChunkStream, fmt: number, basic: number, end: number): boolean {
    const queue = this.#queue;
    const field = this.#u24(basic);
    const extended = field === EXTENDED;
    if (extended && queue.length < end + 4) return false;
    if (fmt < 2) {
      const length = this.#u24(basic + 3);
      if (length > this.#limits.maxMessageSize) {
        throw new ProtocolError(
          'message_too_large',
          `A message of ${length} bytes is longer than ${this.#limits.maxMessageSize}`,
        );
      }
      stream.length = length;
      stream.type = queue.byteAt(basic + 6);
    }
    // The only little-endian field of RTMP.
    if (fmt === 0) stream.streamId = (this.#u24le(basic + 7) + queue.byteAt(basic + 10) * 0x1000000) >>> 0;
    stream.extended = extended;
    stream.delta = extended ? this.#u32(end) : field;
    stream.timestamp = fmt === 0 ? stream.delta : (stream.timestamp + stream.delta) >>> 0;
    stream.open = true;
    queue.skip(extended ? end + 4 : end);
    return true;
  }

  /** fmt 3 (RTMP 5.3.1.2.4): the next part of a message, or a message with the same header as the one before. */
  #readBareHeader(stream: ChunkStream, basic: number): boolean {
    if (stream.open) {
      const repeated = stream.extended ? this.#repeatsExtended(stream.delta, basic) : 0;
      if (repeated === undefined) return false;
      this.#queue.skip(basic + repeated);
      return true;
    }
    if (stream.extended) {
      // RTMP 5.3.1.3: the field is present when the last fmt 0..2 header had it. ffmpeg, librtmp and SRS all read it
      // here without condition, and ffmpeg writes the delta of the new message into it, so it may differ from the
      // field before and cannot be recognised by its value.
      if (this.#queue.length < basic + 4) return false;
      stream.delta = this.#u32(basic);
    }
    // After fmt 0 the delta is that message's timestamp (RTMP 5.3.1.2.4). That looks odd and is what FMLE and ffmpeg
    // send and what ffmpeg, librtmp and SRS read; nginx-rtmp alone takes it for 0.
    stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    stream.open = true;
    this.#queue.skip(stream.extended ? basic + 4 : basic);
    return true;
  }

  /**
   * Number of bytes of a repeated extended timestamp that follow: 4, or 0 where the peer leaves it out, or undefined while what
   * has arrived could be either. RTMP 5.3.1.3 wants it, and Flash, FMLE, SRS and today's ffmpeg send it; older ffmpeg and
   * librtmp do not, so we tell by the value, as SRS does.
   */
  #repeatsExtended(expected: number, at: number): 0 | 4 | undefined {
    for (let i = 0; i < 4; i++) {
      if (this.#queue.length <= at + i) return undefined;
      if (this.#queue.byteAt(at + i) !== ((expected >>> (24 - 8 * i)) & 0xff)) return 0;
    }
    return 4;
  }

  /** Copies what is there of the current chunk, the one copy on the way in. True when the chunk is complete. */
  #readPayload(stream: ChunkStream): boolean {
    const count = Math.min(this.#chunkLeft, this.#queue.length);
    if (count > 0) {
      this.#partial += count;
      if (this.#partial > this.#limits.maxBuffered) {
        throw new ProtocolError(
          'buffer_limit',
          `Unfinished messages hold more than ${this.#limits.maxBuffered} bytes`,
        );
      }
      this.#queue.readInto(stream.reserve(count), stream.received, count);
      stream.received += count;
      this.#chunkLeft -= count;
    }
    return this.#chunkLeft === 0;
  }

  #finish(stream: ChunkStream): RtmpMessage {
    this.#partial -= stream.length;
    const { type, timestamp, streamId, csid } = stream;
    return { type, timestamp, streamId, csid, payload: stream.finish() };
  }

  /** RTMP 5.4.1. */
  #setChunkSize(payload: Buffer): void {
    if (payload.length < 4)
      throw new ProtocolError('control', `Set Chunk Size has ${payload.length} bytes, it needs 4`);
    const size = payload.readUInt32BE(0);
    if (size < 1 || size > 0x7fffffff)
      throw new ProtocolError('chunk_size', `A chunk size of ${size} is not in 1..2147483647`);
    // No message is longer than 0xffffff, so larger sizes are all alike (RTMP 5.4.1).
    this.#chunkSize = Math.min(size, MAX_CHUNK_SIZE);
  }

  /** RTMP 5.4.2. */
  #abort(payload: Buffer): void {
    if (payload.length < 4)
      throw new ProtocolError('control', `Abort has ${payload.length} bytes, it needs 4`);
    const stream = this.#streams.get(payload.readUInt32BE(0));
    if (!stream) return;
    this.#partial -= stream.received;
    stream.drop();
  }

  #u24(at: number): number {
    return (this.#queue.byteAt(at) << 16) | (this.#queue.byteAt(at + 1) << 8) | this.#queue.byteAt(at + 2);
  }

  #u24le(at: number): number {
    return this.#queue.byteAt(at) | (this.#queue.byteAt(at + 1) << 8) | (this.#queue.byteAt(at + 2) << 16);
  }

  #u32(at: number): number {
    return this.#queue.byteAt(at) * 0x1000000 + this.#u24(at + 1);
  }
}
