import type { Clock } from '../model/clock.ts';
import type { MediaPacket } from '../model/media.ts';
import { OpenBatch, type SealedBatch } from './batch.ts';
import { SerializedGop } from './serialized-gop.ts';
import { type Serializer, type Sink, serializeAll } from './sink.ts';

/** A player over its bound that has not drained after this many milliseconds is dropped (SRS's write time-out). */
export const SLOW_PLAYER_DEADLINE_MS = 30_000;
/** A player's backlog is never bounded below this many bytes … */
export const MIN_BACKLOG_BYTES: number = 1024 * 1024;
/** … nor above this many. The bytes are shared by all players of a stream. */
export const MAX_BACKLOG_BYTES: number = 64 * 1024 * 1024;

/** Dependencies of a fan-out group on its stream. */
export interface FanoutSource {
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
  | { readonly state: 'skipping'; readonly from: number; readonly since: number }
  /** Caught up before the present flush, which takes it back. */
  | { readonly state: 'drained'; readonly from: number };

/** One player in a fan-out group. */
export interface Subscriber {
  readonly sink: Sink;
  progress: Progress;
  /** Number of this player's skips. */
  skips: number;
}

/** The players of one stream who share one wire format, and the bytes made for them. */
export class FanoutGroup {
  readonly #serializer: Serializer;
  readonly #source: FanoutSource;
  readonly #clock: Clock;
  readonly #batch: OpenBatch;
  readonly #subscribers = new Set<Subscriber>();
  /** Players that skip. */
  readonly #skipping = new Set<Subscriber>();
  readonly #openedAt: number;
  #gop: SerializedGop | undefined;
  /** Number of the seal that holds its keyframe. */
  #gopSeal = 0;
  #seal = 0;
  #bytesSealed = 0;
  /** Bytes that players were given, and how often one of them began to skip. */
  bytesSent = 0;
  skips = 0;
  /** Headers as encoded last, stamped with that time. */
  #headers: { readonly timestamp: number; readonly bytes: Buffer } | undefined;
  /** True until the first batch of a publish is sealed: that one begins with the stream's own headers. */
  #untouched: boolean;

  /** `gop` is what an earlier fan-out group of this format has left of the stream's present GOP. */
  constructor(serializer: Serializer, source: FanoutSource, clock: Clock, gop?: SerializedGop) {
    this.#serializer = serializer;
    this.#source = source;
    this.#clock = clock;
    this.#batch = new OpenBatch(serializer);
    this.#openedAt = clock.now();
    gop?.continueFromHere();
    if (source.gop().length > 0) this.#gop = gop ?? new SerializedGop(serializer, source.gop());
    this.#untouched = source.untouched;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /** The stream's cached GOP in this format. */
  get gop(): SerializedGop | undefined {
    return this.#gop;
  }

  /**
   * PlayerSlots a player and gives it all there is: headers and GOP up to the last flush; it goes on with the next one. A
   * player that has too much to take already, of this stream or another, skips until it has taken that.
   */
  join(sink: Sink): Subscriber {
    const subscriber: Subscriber = { sink, progress: { state: 'waiting' }, skips: 0 };
    this.#subscribers.add(subscriber);
    if (sink.backlog > this.#queueBytes()) {
      this.#countSkip(subscriber);
      this.#skip(subscriber, 0);
    } else {
      this.#startFromCache(subscriber, 0);
    }
    return subscriber;
  }

  leave(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    this.#skipping.delete(subscriber);
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

  /**
   * Notes which players have drained. All fan-out groups do so before one of them is flushed: a connection may have players in
   * several, and what one is given waits for the others too.
   */
  noteDrained(): void {
    for (const subscriber of this.#skipping) {
      if (subscriber.progress.state !== 'skipping' || subscriber.sink.backlog > 0) continue;
      this.#skipping.delete(subscriber);
      subscriber.progress = { state: 'drained', from: subscriber.progress.from };
    }
  }

  /** Seals the batch and writes it to every player that keeps up. Returns whether there was anything to write. */
  flush(): boolean {
    if (this.#batch.empty) return false;
    const batch = this.#batch.seal();
    this.#seal += 1;
    this.#bytesSealed += batch.bytes.length;
    const bound = this.#backlogBound();
    for (const subscriber of this.#subscribers) this.#deliver(subscriber, batch, bound);
    this.#keep(batch);
    this.#untouched = false;
    return true;
  }

  #deliver(subscriber: Subscriber, batch: SealedBatch, bound: number): void {
    const { sink, progress } = subscriber;
    switch (progress.state) {
      case 'live':
        if (sink.backlog <= bound) {
          this.#give(sink, batch.bytes);
          return;
        }
        this.#countSkip(subscriber);
        this.#skip(subscriber, this.#seal);
        return;
      case 'drained':
        if (sink.backlog > this.#queueBytes()) {
          this.#skip(subscriber, progress.from);
          return;
        }
        subscriber.progress = { state: 'waiting' };
        // The newest keyframe is in this batch, or in the cache, which ends before it.
        if (!batch.keyframe && this.#startFromCache(subscriber, progress.from)) this.#give(sink, batch.bytes);
        else this.#startFromBatch(subscriber, batch);
        return;
      case 'skipping':
        if (this.#clock.awake() - progress.since > SLOW_PLAYER_DEADLINE_MS) {
          this.leave(subscriber);
          sink.drop();
        }
        return;
      case 'waiting':
        this.#startFromBatch(subscriber, batch);
        return;
      default:
        progress satisfies never;
    }
  }

  #countSkip(subscriber: Subscriber): void {
    this.skips += 1;
    subscriber.skips += 1;
  }

  /** Gives a player nothing until it has drained; `from` is the number of the first batch that it has not had. */
  #skip(subscriber: Subscriber, from: number): void {
    this.#skipping.add(subscriber);
    subscriber.progress = { state: 'skipping', from, since: this.#clock.awake() };
  }

  /** Starts a player from the cached GOP, unless that began before the batch `from` which the player has not had. */
  #startFromCache(subscriber: Subscriber, from: number): boolean {
    const gop = this.#gop;
    if (!gop || this.#gopSeal < from) return false;
    this.#give(subscriber.sink, this.#headerBytes(gop.timestamp));
    for (const segment of gop.segments()) this.#give(subscriber.sink, segment);
    subscriber.progress = { state: 'live' };
    return true;
  }

  /** Starts a player in the batch that is being flushed, at its keyframe if the stream has video. */
  #startFromBatch(subscriber: Subscriber, batch: SealedBatch): void {
    const { bytes, keyframe } = batch;
    if (this.#untouched) {
      this.#give(subscriber.sink, bytes);
    } else {
      if (this.#source.hasVideo && !keyframe) return;
      this.#give(subscriber.sink, this.#headerBytes(keyframe?.timestamp ?? batch.timestamp));
      this.#give(subscriber.sink, keyframe ? bytes.subarray(keyframe.offset) : bytes);
    }
    subscriber.progress = { state: 'live' };
  }

  #give(sink: Sink, bytes: Buffer): void {
    this.bytesSent += bytes.length;
    sink.write(bytes);
  }

  #headerBytes(timestamp: number): Buffer {
    if (this.#headers?.timestamp !== timestamp) {
      this.#headers = { timestamp, bytes: serializeAll(this.#serializer, this.#source.headers(timestamp)) };
    }
    return this.#headers.bytes;
  }

  #keep(batch: SealedBatch): void {
    const { bytes, keyframe } = batch;
    const packets = this.#source.gop();
    if (packets.length === 0) {
      // There is no cache, or it gave up a GOP that had grown over its bounds; so does its encoded form.
      this.#gop = undefined;
    } else if (keyframe) {
      this.#gop = SerializedGop.of(this.#serializer, packets, bytes.subarray(keyframe.offset));
      this.#gopSeal = this.#seal;
    } else {
      this.#gop?.append(bytes);
    }
  }

  /** `queue_length` in bytes of this stream. */
  #queueBytes(): number {
    const elapsed = Math.max(1000, this.#clock.now() - this.#openedAt);
    const bytes = (this.#bytesSealed / elapsed) * this.#source.queueLengthMs;
    return Math.min(MAX_BACKLOG_BYTES, Math.max(MIN_BACKLOG_BYTES, bytes));
  }

  /** Bound of a player's backlog, with room for the GOP: nobody is slow for having been given that at once. */
  #backlogBound(): number {
    return Math.min(MAX_BACKLOG_BYTES, this.#queueBytes() + (this.#gop?.bytes ?? 0));
  }
}
