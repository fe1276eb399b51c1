import type { Clock } from '../model/clock.ts';
import type { MediaPacket } from '../model/media-packet.ts';
import { OpenBatch, type SealedBatch } from './batch.ts';
import { type Encoder, encodeAll } from './encoder.ts';
import type { Sink } from './sink.ts';

/** A player over its bound that has not drained after this many milliseconds is dropped (SRS's write time-out). */
export const SLOW_PLAYER_DEADLINE_MS = 30_000;
/** A player's backlog is never bounded below this many bytes … */
export const MIN_BACKLOG_BYTES: number = 1024 * 1024;
/** … nor above this many. The bytes are shared by all players of a stream. */
export const MAX_BACKLOG_BYTES: number = 64 * 1024 * 1024;

/** Cached segments are merged up to this size, so that a joiner costs few writes and joiners still share bytes. */
const SEGMENT_BYTES = 64 * 1024;

/** What a lane asks its stream. */
export interface LaneSource {
  /** Metadata and decoder configuration in the order in which a joiner needs them before media of time `timestamp`. */
  headers(timestamp: number): readonly MediaPacket[];
  /** Packets since the last keyframe that the cache holds. */
  gop(): readonly MediaPacket[];
  /** True once anything of a picture has come: players start at a keyframe from then on. */
  readonly hasVideo: boolean;
  /** True while the present publish has brought no packet. */
  readonly untouched: boolean;
  readonly queueLengthMs: number;
}

type Progress =
  /** Needs headers and a place to start. */
  | { readonly state: 'waiting' }
  | { readonly state: 'live' }
  /** Over its bound since the time `since`; the batch with seal number `from` is the first that it has not had. */
  | { readonly state: 'skipping'; readonly from: number; readonly since: number };

/** One player in a lane. */
export interface Seat {
  readonly sink: Sink;
  progress: Progress;
  /** How often this player skipped, and how many batches. */
  skips: number;
  skippedBatches: number;
}

/** The encoded form of a stream's cached GOP, up to the last seal. */
interface EncodedGop {
  segments: Buffer[];
  bytes: number;
  /** Time of its keyframe. */
  readonly timestamp: number;
  /** Number of the seal that holds its keyframe. */
  readonly seal: number;
}

/** The players of one stream who share one wire format, and the bytes made for them. */
export class Lane {
  readonly #encoder: Encoder;
  readonly #source: LaneSource;
  readonly #clock: Clock;
  readonly #batch: OpenBatch;
  readonly #seats = new Set<Seat>();
  readonly #openedAt: number;
  #gop: EncodedGop | undefined;
  #seal = 0;
  #bytesSealed = 0;
  /** Bytes that players were given, and how often one of them began to skip. */
  bytesSent = 0;
  skips = 0;
  /** Headers as encoded last, stamped with that time. */
  #headers: { readonly timestamp: number; readonly bytes: Buffer } | undefined;
  /** True until the first batch of a publish is sealed: that one begins with the stream's own headers. */
  #untouched: boolean;

  constructor(encoder: Encoder, source: LaneSource, clock: Clock) {
    this.#encoder = encoder;
    this.#source = source;
    this.#clock = clock;
    this.#batch = new OpenBatch(encoder);
    this.#openedAt = clock.now();
    const [keyframe] = source.gop();
    if (keyframe) this.#gop = newGop(encodeAll(encoder, source.gop()), keyframe.timestamp, 0);
    this.#untouched = source.untouched;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** Seats a player and gives it all there is: headers and GOP up to the last flush; it goes on with the next one. */
  join(sink: Sink): Seat {
    const seat: Seat = { sink, progress: { state: 'waiting' }, skips: 0, skippedBatches: 0 };
    this.#seats.add(seat);
    this.#startFromCache(seat, 0);
    return seat;
  }

  leave(seat: Seat): void {
    this.#seats.delete(seat);
  }

  /** Joiners need other headers than those before. */
  headersChanged(): void {
    this.#headers = undefined;
  }

  append(packet: MediaPacket): void {
    if (packet.headerSlot !== undefined) this.headersChanged();
    this.#batch.append(packet);
  }

  /** Forgets the GOP: what is cached does not go with what comes next. */
  clearGop(): void {
    this.#gop = undefined;
    this.#batch.forgetKeyframe();
    this.headersChanged();
  }

  /** A publisher has left; what comes next is another one's beginning. */
  endOfPublish(): void {
    this.flush();
    this.clearGop();
    this.#untouched = true;
  }

  /** Seals the batch and writes it to every player that keeps up. Returns whether there was anything to write. */
  flush(): boolean {
    if (this.#batch.empty) return false;
    const batch = this.#batch.seal();
    this.#seal += 1;
    this.#bytesSealed += batch.bytes.length;
    const bound = this.#backlogBound();
    for (const seat of this.#seats) this.#deliver(seat, batch, bound);
    this.#keep(batch);
    this.#untouched = false;
    return true;
  }

  #deliver(seat: Seat, batch: SealedBatch, bound: number): void {
    const { sink, progress } = seat;
    switch (progress.state) {
      case 'live':
        if (sink.backlog <= bound) {
          this.#give(sink, batch.bytes);
          return;
        }
        this.skips += 1;
        seat.progress = { state: 'skipping', from: this.#seal, since: this.#clock.now() };
        seat.skips += 1;
        seat.skippedBatches += 1;
        return;
      case 'skipping':
        if (sink.backlog === 0) {
          seat.progress = { state: 'waiting' };
          // The cache ends before this batch: catch up from it, then take the batch.
          if (this.#startFromCache(seat, progress.from)) this.#give(sink, batch.bytes);
          else this.#startFromBatch(seat, batch);
          return;
        }
        seat.skippedBatches += 1;
        if (this.#clock.now() - progress.since > SLOW_PLAYER_DEADLINE_MS) {
          this.#seats.delete(seat);
          sink.drop();
        }
        return;
      case 'waiting':
        this.#startFromBatch(seat, batch);
        return;
      default:
        progress satisfies never;
    }
  }

  /** Starts a player from the cached GOP, unless that began before the batch `from` which the player has not had. */
  #startFromCache(seat: Seat, from: number): boolean {
    const gop = this.#gop;
    if (!gop || gop.seal < from) return false;
    gop.segments = merged(gop.segments);
    this.#give(seat.sink, this.#headerBytes(gop.timestamp));
    for (const segment of gop.segments) this.#give(seat.sink, segment);
    seat.progress = { state: 'live' };
    return true;
  }

  /** Starts a player in the batch that is being flushed, at its keyframe if the stream has video. */
  #startFromBatch(seat: Seat, batch: SealedBatch): void {
    const { bytes, keyframe } = batch;
    if (this.#untouched) {
      this.#give(seat.sink, bytes);
    } else {
      if (this.#source.hasVideo && !keyframe) return;
      this.#give(seat.sink, this.#headerBytes(keyframe?.timestamp ?? batch.timestamp));
      this.#give(seat.sink, keyframe ? bytes.subarray(keyframe.offset) : bytes);
    }
    seat.progress = { state: 'live' };
  }

  #give(sink: Sink, bytes: Buffer): void {
    this.bytesSent += bytes.length;
    sink.write(bytes);
  }

  #headerBytes(timestamp: number): Buffer {
    if (this.#headers?.timestamp !== timestamp) {
      this.#headers = { timestamp, bytes: encodeAll(this.#encoder, this.#source.headers(timestamp)) };
    }
    return this.#headers.bytes;
  }

  #keep(batch: SealedBatch): void {
    const { bytes, keyframe } = batch;
    if (this.#source.gop().length === 0) {
      // There is no cache, or it gave up a GOP that had grown over its bounds; so does its encoded form.
      this.#gop = undefined;
    } else if (keyframe) {
      this.#gop = newGop(bytes.subarray(keyframe.offset), keyframe.timestamp, this.#seal);
    } else if (this.#gop) {
      this.#gop.segments.push(bytes);
      this.#gop.bytes += bytes.length;
    }
  }

  /** `queue_length` in bytes of this stream, and room for the GOP: nobody is slow for having been given that at once. */
  #backlogBound(): number {
    const elapsed = Math.max(1000, this.#clock.now() - this.#openedAt);
    const bytes = (this.#bytesSealed / elapsed) * this.#source.queueLengthMs;
    return Math.min(MAX_BACKLOG_BYTES, Math.max(MIN_BACKLOG_BYTES, bytes) + (this.#gop?.bytes ?? 0));
  }
}

function newGop(segment: Buffer, timestamp: number, seal: number): EncodedGop {
  return { segments: [segment], bytes: segment.length, timestamp, seal };
}

/** The same bytes in fewer pieces. Large ones stay as they are. */
function merged(segments: readonly Buffer[]): Buffer[] {
  const result: Buffer[] = [];
  let run: Buffer[] = [];
  let length = 0;
  const endRun = () => {
    const [only] = run;
    if (only) result.push(run.length === 1 ? only : Buffer.concat(run, length));
    run = [];
    length = 0;
  };
  for (const segment of segments) {
    run.push(segment);
    length += segment.length;
    if (length >= SEGMENT_BYTES) endRun();
  }
  endRun();
  return result;
}
