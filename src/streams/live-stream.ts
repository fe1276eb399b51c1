import type { Clock, Timer } from '../model/clock.ts';
import { METADATA_SLOT, type MediaPacket, type MediaTap, type PublishEnd } from '../model/media.ts';
import type { PlayOptions } from '../model/options.ts';
import { FanoutGroup, type FanoutSource, type Subscriber } from './fanout-group.ts';
import type { StreamPace } from './flush-scheduler.ts';
import { GopCache } from './gop-cache.ts';
import type { Sink } from './sink.ts';
import { Timeline } from './timeline.ts';

/** Decoder configurations that one stream may have (tracks of enhanced RTMP each have their own). */
export const MAX_HEADER_SLOTS = 32;

/** While nobody watches, what a publisher sends is of no use for this many milliseconds. */
const UNWATCHED_PATIENCE_MS = 350;

/** A player's place in a stream. */
export interface Subscription {
  /** Number of times that the player was too slow and skipped to a later keyframe. */
  readonly skips: number;
  /** Leaves the stream; harmless if repeated. */
  close(): void;
}

/** One named stream: at most one publisher, any number of players, and what a joiner needs. */
export class LiveStream implements FanoutSource {
  readonly #clock: Clock;
  readonly #pace: StreamPace;
  readonly #options: PlayOptions;
  readonly #groups = new Map<string, FanoutGroup>();
  readonly #headers = new Map<string, MediaPacket>();
  readonly #taps = new Set<MediaTap>();
  readonly #gop: GopCache;
  readonly #timeline: Timeline;
  /** Tally of the present publish. */
  readonly counters: StreamCounters = new StreamCounters();
  /** Bytes and skips of players in fan-out groups that are gone. */
  #pastBytesSent = 0;
  /** All that was sent when the present publish began. */
  #bytesSentBefore = 0;
  #pastSkips = 0;
  #flushTimer: Timer | 'end of turn' | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #hasVideo = false;
  #hasAudio = false;
  #untouched = true;
  /** True while the packets come from another process, which has gathered them for `mw_latency` already. */
  #relayed = false;

  constructor(options: PlayOptions, pace: StreamPace, clock: Clock) {
    this.#options = options;
    this.#pace = pace;
    this.#clock = clock;
    this.#gop = new GopCache(options.gopCache ? options.gopCacheMaxFrames : 0);
    this.#timeline = new Timeline(options.timeJitter);
  }

  get players(): number {
    let players = 0;
    for (const group of this.#groups.values()) players += group.size;
    return players;
  }

  /** Bytes that players were given of the present publish. */
  get bytesSent(): number {
    return this.#allBytesSent - this.#bytesSentBefore;
  }

  /** Number of times that players were too slow and skipped to a later keyframe. */
  get skips(): number {
    let skips = this.#pastSkips;
    for (const group of this.#groups.values()) skips += group.skips;
    return skips;
  }

  /** Packets that identify the present publish's codecs: decoder configurations, then the oldest audio and video at hand. */
  get signature(): readonly MediaPacket[] {
    const gop = this.#gop.packets;
    const oldest = (['video', 'audio'] as const).flatMap(
      (kind) => gop.find((one) => one.kind === kind) ?? [],
    );
    return [...this.#headers.values(), ...oldest];
  }

  /** Milliseconds for which packets would go nowhere: until the next flush may be, whose turn is to read them too. */
  get idleBudgetMs(): number {
    if (this.#options.minLatency) return 0;
    if (this.#groups.size === 0) return UNWATCHED_PATIENCE_MS;
    if (this.#flushTimer === 'end of turn') return this.#intervalMs;
    return Math.max(0, this.#dueInMs());
  }

  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** True once the present publish has brought audio. */
  get hasAudio(): boolean {
    return this.#hasAudio;
  }

  get untouched(): boolean {
    return this.#untouched;
  }

  get queueLengthMs(): number {
    return this.#options.queueLengthMs;
  }

  headers(timestamp: number): readonly MediaPacket[] {
    const metadata = this.#headers.get(METADATA_SLOT);
    const configurations = [...this.#headers.values()].filter((packet) => packet !== metadata);
    const stamped = configurations.map((packet) => ({ ...packet, timestamp }));
    // ffmpeg takes metadata for the stream's header only at time 0, and for subtitles later.
    return metadata ? [{ ...metadata, timestamp: 0 }, ...stamped] : stamped;
  }

  gop(): readonly MediaPacket[] {
    return this.#gop.packets;
  }

  subscribe(sink: Sink): Subscription {
    const { id } = sink.serializer;
    let group = this.#groups.get(id);
    if (!group) {
      group = new FanoutGroup(sink.serializer, this, this.#clock, this.#gop.takeSpare(id));
      this.#groups.set(id, group);
    }
    return this.#subscriber(group, id, group.join(sink));
  }

  beginPublish(relayed: boolean): void {
    this.#timeline.beginPublish(this.players > 0, relayed);
    this.counters.reset();
    this.#bytesSentBefore = this.#allBytesSent;
    this.#untouched = true;
    this.#relayed = relayed;
  }

  /** Takes one packet of the publisher and sees that it is flushed. */
  write(packet: MediaPacket): void {
    const placed = this.#place(packet);
    this.counters.count(placed);
    if (placed.headerSlot !== undefined) this.#keepHeader(placed.headerSlot, placed);
    if (placed.kind === 'video') this.#hasVideo = true;
    else if (placed.kind === 'audio') this.#hasAudio = true;
    this.#gop.add(placed);
    this.#untouched = false;
    if (this.#taps.size > 0) for (const tap of this.#taps) tap.write(placed);
    if (this.#groups.size === 0) return;
    for (const group of this.#groups.values()) group.append(placed);
    this.#scheduleFlush();
  }

  /** Gives `tap` what is kept for joiners, then each packet of the present publish; returns what ends that. */
  tap(tap: MediaTap): () => void {
    for (const packet of this.#headers.values()) tap.write(packet);
    this.#taps.add(tap);
    return () => {
      this.#taps.delete(tap);
    };
  }

  /** Forgets the metadata (`@clearDataFrame`): later joiners get none. */
  clearMetadata(): void {
    this.#headers.delete(METADATA_SLOT);
    for (const group of this.#groups.values()) group.headersChanged();
  }

  endPublish(how: PublishEnd): void {
    for (const group of this.#groups.values()) group.endOfPublish();
    this.#headers.clear();
    this.#gop.clear();
    this.#hasVideo = false;
    this.#hasAudio = false;
    this.#untouched = true;
    const taps = [...this.#taps];
    this.#taps.clear();
    for (const tap of taps) tap.end(how);
  }

  #place(packet: MediaPacket): MediaPacket {
    const timestamp = this.#timeline.place(packet);
    return timestamp === packet.timestamp ? packet : { ...packet, timestamp };
  }

  #keepHeader(slot: string, packet: MediaPacket): void {
    if (!this.#headers.has(slot) && this.#headers.size >= MAX_HEADER_SLOTS) return;
    this.#headers.set(slot, packet);
    if (packet.kind !== 'video') return;
    // Frames before a new decoder configuration cannot be decoded with it.
    this.#gop.clear();
    for (const group of this.#groups.values()) group.clearGop();
  }

  #subscriber(group: FanoutGroup, id: string, subscriber: Subscriber): Subscription {
    return {
      get skips() {
        return subscriber.skips;
      },
      close: () => {
        group.leave(subscriber);
        if (group.size === 0 && this.#groups.get(id) === group) this.#close(group, id);
      },
    };
  }

  get #allBytesSent(): number {
    let bytes = this.#pastBytesSent;
    for (const group of this.#groups.values()) bytes += group.bytesSent;
    return bytes;
  }

  #close(group: FanoutGroup, id: string): void {
    this.#groups.delete(id);
    if (group.gop) this.#gop.keepSpare(id, group.gop);
    this.#pastBytesSent += group.bytesSent;
    this.#pastSkips += group.skips;
  }

  #scheduleFlush(): void {
    if (this.#flushTimer !== undefined) return;
    const wait = this.#dueInMs();
    if (wait > 0) {
      this.#flushTimer = this.#clock.after(wait, this.#flush);
    } else {
      this.#flushTimer = 'end of turn';
      this.#clock.endOfTurn(this.#flush);
    }
  }

  /** Milliseconds until the next flush may be; none or less is the end of this turn. */
  #dueInMs(): number {
    const interval = this.#intervalMs;
    return interval === 0 ? 0 : this.#flushedAt + interval - this.#clock.now();
  }

  get #intervalMs(): number {
    const { minLatency, mwLatency } = this.#options;
    if (minLatency) return 0;
    if (mwLatency === 'auto') return this.#pace.intervalMs;
    return this.#relayed ? 0 : mwLatency;
  }

  readonly #flush = (): void => {
    this.#flushTimer = undefined;
    const start = this.#clock.now();
    this.#flushedAt = start;
    let flushed = false;
    for (const group of this.#groups.values()) group.noteDrained();
    for (const group of this.#groups.values()) flushed = group.flush() || flushed;
    if (flushed) this.#pace.record(this.#clock.now() - start);
  };
}

/** Tally of a publish so far. Counting a packet costs a few additions and no memory. */
export class StreamCounters {
  packets = 0;
  /** Video frames among them. */
  frames = 0;
  bytes = 0;
  /** Milliseconds from one keyframe to the next, and frames a second between them, of the last complete GOP. */
  gopMs = 0;
  fps = 0;
  #keyframeAt = 0;
  #keyframe = 0;

  /** Takes the next packet, placed on the stream's time line. */
  count(packet: MediaPacket): void {
    this.packets += 1;
    this.bytes += packet.payload.length;
    if (packet.kind !== 'video' || packet.headerSlot !== undefined) return;
    this.frames += 1;
    if (packet.keyframe) this.#endGop(packet.timestamp);
  }

  /** Another publish begins. */
  reset(): void {
    this.packets = 0;
    this.frames = 0;
    this.bytes = 0;
    this.gopMs = 0;
    this.fps = 0;
    this.#keyframe = 0;
  }

  #endGop(timestamp: number): void {
    // Timestamps wrap at 32 bits.
    const gopMs = (timestamp - this.#keyframeAt) >>> 0;
    if (this.#keyframe > 0 && gopMs > 0) {
      this.gopMs = gopMs;
      this.fps = ((this.frames - this.#keyframe) * 1000) / gopMs;
    }
    this.#keyframe = this.frames;
    this.#keyframeAt = timestamp;
  }
}
