import type { Clock, Timer } from '../model/clock.ts';
import {
  endWaitMs,
  type MediaPacket,
  type MediaSource,
  type Origin,
  type PublishEnd,
} from '../model/media.ts';
import type { PlayOptions } from '../model/options.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import { FlushScheduler } from './flush-scheduler.ts';
import { LiveStream, type Subscription } from './live-stream.ts';
import type { Sink } from './sink.ts';

/**
 * The players of one stream, as the end of a publish concerns them: they wait for the next publisher, and are told that
 * the stream is over if none comes in time. Who joined after the publisher had left waits for the next one in any case.
 */
export class EndOfStream {
  readonly #clock: Clock;
  /** By how many publishes had ended when they came. */
  readonly #members = new Map<Sink, number>();
  #ends = 0;
  #wait: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a player; returns what takes it out again. */
  join(sink: Sink): () => void {
    this.#members.set(sink, this.#ends);
    return () => {
      this.#members.delete(sink);
      if (this.#members.size === 0) this.publisherCame();
    };
  }

  /** Ends the wait for a publisher. */
  publisherCame(): void {
    this.#wait?.clear();
    this.#wait = undefined;
  }

  /** The publisher has left. */
  publisherLeft(how: PublishEnd, options: PlayOptions): void {
    this.publisherCame();
    this.#ends += 1;
    const ms = endWaitMs(options, how);
    if (ms !== 'never' && this.#members.size > 0) this.#wait = this.#clock.after(ms, () => this.#over());
  }

  #over(): void {
    this.#wait = undefined;
    for (const [sink, endsBefore] of [...this.#members]) if (endsBefore < this.#ends) sink.end?.();
  }
}

/** Turns of the event loop: the present one, one to read what a publisher has sent, one to read its end, one to spare. */
const TURNS_TO_HEAR = 4;

/** Publisher's identity, as others may need it. */
export interface PublisherHandle {
  /** Leaves for a newer publisher: has to end the publication before it returns. */
  leave(): void;
  /** Hears what the client has sent, whatever its publication's `idleBudgetMs` is. */
  pollNow(): void;
}

/** A publisher's hold on a stream: reserved when made, so that nobody else can take the name; on air once started. */
export interface Publication {
  readonly players: number;
  /** Milliseconds for which packets that are written would go nowhere, so that they need not be fetched before. */
  readonly idleBudgetMs: number;
  /** Goes on air. What says who publishes becomes a source, which can be tapped. */
  start(origin?: Origin): void;
  write(packet: MediaPacket): void;
  clearMetadata(): void;
  /** Names the publisher. */
  setOwner(holder: PublisherHandle): void;
  /**
   * Frees the name, on air or not; harmless if repeated. Players stay for a while and wait for the next publisher. `how`
   * is `lost` unless it is given.
   */
  end(how?: PublishEnd): void;
}

/** Observer of streams that begin, are wanted, and end. */
export interface HubObserver {
  /** A stream has got its first player. */
  watched(key: StreamKey, options: PlayOptions): void;
  /** The last player has left. */
  unwatched(key: StreamKey): void;
  /** A publisher of this process has gone on air and has sent nothing yet. */
  started(source: MediaSource): void;
  /** A publisher of this process that was on air has left. */
  ended(key: StreamKey, how: PublishEnd): void;
}

/** A stream as the hub sees it. */
export interface StreamFacts {
  readonly key: StreamKey;
  /** Publisher in this process; undefined if there is none, or in another one. */
  readonly origin: Origin | undefined;
  /** Time on air, in milliseconds. */
  readonly ageMs: number;
  /** Tally of the present publish: packets, video frames among them, bytes of their payloads. */
  readonly packets: number;
  readonly frames: number;
  readonly recvBytes: number;
  /** Frame rate and length in milliseconds of the last complete GOP; 0 while there is none. */
  readonly fps: number;
  readonly gopMs: number;
  /** Bytes sent to players, relays to other processes among them. */
  readonly sendBytes: number;
  /** Skips of all players since the stream began. */
  readonly skips: number;
  /** Packets that identify its codecs: decoder configurations, then the oldest audio and video at hand. */
  readonly signature: readonly MediaPacket[];
}

interface Entry {
  readonly key: StreamKey;
  readonly stream: LiveStream;
  readonly audience: EndOfStream;
  publisher: Publication | undefined;
  /** True while `publisher` is on air. */
  onAir: boolean;
  /** Moment at which it went on air, on the clock's scale. */
  startedAt: number;
  /** Publication of `publisher`, while it is on air. */
  source: MediaSource | undefined;
  /** Identity of `publisher`, once it has given it. */
  holder: PublisherHandle | undefined;
  /** Relay of the stream from another process; silent and ended where a publisher is on air here. */
  relay: Publication | undefined;
}

/** All live streams of the process: who publishes, who plays. Knows no format and no socket. */
export class Hub {
  readonly #clock: Clock;
  readonly #pace: FlushScheduler;
  readonly #entries = new Map<string, Entry>();
  readonly #observers: Partial<HubObserver>[] = [];
  /** Skips in streams that are gone. */
  #pastSkips = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#pace = new FlushScheduler(clock);
  }

  /** All streams that are on air or have a player, as they are at this moment. A name that is only reserved may be a key. */
  facts(): readonly StreamFacts[] {
    const shown = [...this.#entries.values()].filter(
      ({ stream, onAir, relay }) => onAir || relay !== undefined || stream.players > 0,
    );
    return shown.map(({ key, stream, source, startedAt }) => {
      const { packets, frames, bytes, fps, gopMs } = stream.counters;
      return {
        key,
        origin: source,
        ageMs: this.#clock.now() - startedAt,
        packets,
        frames,
        fps,
        gopMs,
        recvBytes: bytes,
        sendBytes: stream.bytesSent,
        skips: stream.skips,
        signature: stream.signature,
      };
    });
  }

  /** Number of times that players of this process were too slow and skipped to a later keyframe. */
  get skips(): number {
    let skips = this.#pastSkips;
    for (const { stream } of this.#entries.values()) skips += stream.skips;
    return skips;
  }

  /** Number of streams that have a publisher or a player. */
  get streams(): number {
    return this.#entries.size;
  }

  /** Adds an observer. */
  observe(observer: Partial<HubObserver>): void {
    this.#observers.push(observer);
  }

  /** Players of the stream in this process; a relay to another one is one of them while that has players. */
  players(key: StreamKey): number {
    return this.#entries.get(formatStreamKey(key))?.stream.players ?? 0;
  }

  /** Kinds of media that the stream has brought since its publisher came, as far as it has reached this process. */
  contents(key: StreamKey): { readonly audio: boolean; readonly video: boolean } {
    const stream = this.#entries.get(formatStreamKey(key))?.stream;
    return { audio: stream?.hasAudio ?? false, video: stream?.hasVideo ?? false };
  }

  /** Makes whoever publishes the stream in this process leave. Who has not been let in yet stays. */
  evict(key: StreamKey): void {
    this.#entries.get(formatStreamKey(key))?.holder?.leave();
  }

  /** Sources on air in this process, of its own publishers. */
  sources(): readonly MediaSource[] {
    return [...this.#entries.values()].flatMap(({ source }) => source ?? []);
  }

  /** True while a publisher of this process is on air. */
  isOnAir(key: StreamKey): boolean {
    return this.#entries.get(formatStreamKey(key))?.onAir ?? false;
  }

  /** Reserves the stream for a publisher; undefined when it has one already. */
  reserve(key: StreamKey, options: PlayOptions): Publication | undefined {
    const name = formatStreamKey(key);
    // Options count from the first publisher or player of a stream; one that nobody watches takes new ones.
    let entry = this.#entries.get(name);
    if (entry?.publisher) return undefined;
    if (!entry || (entry.stream.players === 0 && !entry.relay)) entry = this.#open(key, options);
    const publication = this.#publication(entry, 'publisher', options);
    entry.publisher = publication;
    return publication;
  }

  /** Has the publisher of a stream heard, and settles when it would have been noticed if it had gone. */
  async pollPublisher(key: StreamKey): Promise<void> {
    this.#entries.get(formatStreamKey(key))?.holder?.pollNow();
    for (let turn = 0; turn < TURNS_TO_HEAR; turn++) {
      await new Promise<void>((resolve) => this.#clock.endOfTurn(resolve));
    }
  }

  /**
   * A publication that brings a stream from another process. It takes nobody's place: a publisher may reserve the name
   * beside it and ends it by going on air. Undefined where there is a relay or somebody on air already.
   */
  relay(key: StreamKey, options: PlayOptions): Publication | undefined {
    const entry = this.#entries.get(formatStreamKey(key)) ?? this.#open(key, options);
    if (entry.onAir || entry.relay) return undefined;
    entry.relay = this.#publication(entry, 'relay', options);
    return entry.relay;
  }

  /** Adds a player, who gets the stream from its newest keyframe on, or waits for a publisher. */
  subscribe(key: StreamKey, sink: Sink, options: PlayOptions): Subscription {
    const name = formatStreamKey(key);
    const entry = this.#entries.get(name) ?? this.#open(key, options);
    const subscription = entry.stream.subscribe(sink);
    const leave = entry.audience.join(sink);
    if (entry.stream.players === 1) {
      entry.holder?.pollNow();
      this.#notify((observer) => observer.watched?.(entry.key, options));
    }
    let closed = false;
    return {
      get skips() {
        return subscription.skips;
      },
      close: () => {
        if (closed) return;
        closed = true;
        leave();
        subscription.close();
        if (entry.stream.players === 0) this.#notify((observer) => observer.unwatched?.(entry.key));
        this.#closeIfUnused(entry);
      },
    };
  }

  #open({ vhost, app, stream: name }: StreamKey, options: PlayOptions): Entry {
    const stream = new LiveStream(options, this.#pace.ofStream(), this.#clock);
    const key = { vhost, app, stream: name };
    const entry: Entry = {
      key,
      stream,
      audience: new EndOfStream(this.#clock),
      publisher: undefined,
      onAir: false,
      startedAt: 0,
      source: undefined,
      holder: undefined,
      relay: undefined,
    };
    this.#entries.set(formatStreamKey(key), entry);
    return entry;
  }

  #publication(entry: Entry, role: 'publisher' | 'relay', options: PlayOptions): Publication {
    const { stream, audience } = entry;
    let state: 'reserved' | 'on air' | 'ended' = 'reserved';
    const publication: Publication = {
      get players() {
        return stream.players;
      },
      get idleBudgetMs() {
        return stream.idleBudgetMs;
      },
      start: (origin) => {
        if (state !== 'reserved') throw new Error(`a publication starts once, this one is ${state}`);
        if (role === 'publisher') entry.relay?.end();
        state = 'on air';
        audience.publisherCame();
        if (role === 'publisher') entry.onAir = true;
        entry.startedAt = this.#clock.now();
        stream.beginPublish(role === 'relay');
        if (role !== 'publisher' || !origin) return;
        const source: MediaSource = {
          ...origin,
          key: entry.key,
          tap: (tap) => {
            if (state === 'on air') return stream.tap(tap);
            tap.end('lost');
            return () => undefined;
          },
        };
        entry.source = source;
        this.#notify((observer) => observer.started?.(source));
      },
      write: (packet) => {
        if (state === 'on air') stream.write(packet);
      },
      clearMetadata: () => {
        if (state === 'on air') stream.clearMetadata();
      },
      setOwner: (holder) => {
        if (state !== 'ended') entry.holder = holder;
      },
      end: (how = 'lost') => {
        if (state === 'ended') return;
        const wasOnAir = state === 'on air';
        state = 'ended';
        entry[role] = undefined;
        if (role === 'publisher') {
          entry.holder = undefined;
          entry.source = undefined;
        }
        if (wasOnAir) {
          stream.endPublish(how);
          audience.publisherLeft(how, options);
        }
        if (role === 'publisher' && wasOnAir) {
          entry.onAir = false;
          this.#notify((observer) => observer.ended?.(entry.key, how));
        }
        this.#closeIfUnused(entry);
      },
    };
    return publication;
  }

  #notify(word: (observer: Partial<HubObserver>) => void): void {
    for (const observer of this.#observers) word(observer);
  }

  #closeIfUnused(entry: Entry): void {
    const { publisher, relay, stream } = entry;
    const name = formatStreamKey(entry.key);
    if (!publisher && !relay && stream.players === 0 && this.#entries.get(name) === entry) {
      this.#entries.delete(name);
      this.#pastSkips += stream.skips;
    }
  }
}
