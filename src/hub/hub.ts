import type { Clock } from '../model/clock.ts';
import type { MediaPacket } from '../model/media-packet.ts';
import type { PlayOptions } from '../model/options.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import { FlushPace } from './flush-pace.ts';
import { LiveStream, type Subscription } from './live-stream.ts';
import type { Sink } from './sink.ts';

/** A publisher's hold on a stream: reserved when made, so that nobody else can take the name; on air once started. */
export interface Publication {
  readonly players: number;
  /** Goes on air. */
  start(): void;
  write(packet: MediaPacket): void;
  clearMetadata(): void;
  /** Frees the name, on air or not; harmless if repeated. Players stay and wait for the next publisher. */
  end(): void;
}

interface Entry {
  readonly stream: LiveStream;
  publisher: Publication | undefined;
}

/** All live streams of the process: who publishes, who plays. Knows no format and no socket. */
export class Hub {
  readonly #clock: Clock;
  readonly #pace: FlushPace;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#pace = new FlushPace(clock);
  }

  /** Number of streams that have a publisher or a player. */
  get streams(): number {
    return this.#entries.size;
  }

  /** Reserves the stream for a publisher; undefined when it has one already. */
  reserve(key: StreamKey, options: PlayOptions): Publication | undefined {
    const name = formatStreamKey(key);
    // Options count from the first publisher or player of a stream; one that nobody watches takes new ones.
    let entry = this.#entries.get(name);
    if (entry?.publisher) return undefined;
    if (!entry || entry.stream.players === 0) entry = this.#open(name, options);
    const publication = this.#publication(name, entry);
    entry.publisher = publication;
    return publication;
  }

  /** Adds a player, who gets the stream from its newest keyframe on, or waits for a publisher. */
  subscribe(key: StreamKey, sink: Sink, options: PlayOptions): Subscription {
    const name = formatStreamKey(key);
    const entry = this.#entries.get(name) ?? this.#open(name, options);
    const subscription = entry.stream.subscribe(sink);
    return {
      get skips() {
        return subscription.skips;
      },
      close: () => {
        subscription.close();
        this.#closeIfUnused(name, entry);
      },
    };
  }

  #open(name: string, options: PlayOptions): Entry {
    const entry: Entry = {
      stream: new LiveStream(options, this.#pace.ofStream(), this.#clock),
      publisher: undefined,
    };
    this.#entries.set(name, entry);
    return entry;
  }

  #publication(name: string, entry: Entry): Publication {
    const { stream } = entry;
    let state: 'reserved' | 'on air' | 'ended' = 'reserved';
    const publication: Publication = {
      get players() {
        return stream.players;
      },
      start: () => {
        if (state !== 'reserved') throw new Error(`a publication starts once, this one is ${state}`);
        state = 'on air';
        stream.beginPublish();
      },
      write: (packet) => {
        if (state === 'on air') stream.write(packet);
      },
      clearMetadata: () => {
        if (state === 'on air') stream.clearMetadata();
      },
      end: () => {
        if (state === 'ended') return;
        if (state === 'on air') stream.endPublish();
        state = 'ended';
        entry.publisher = undefined;
        this.#closeIfUnused(name, entry);
      },
    };
    return publication;
  }

  #closeIfUnused(name: string, entry: Entry): void {
    if (!entry.publisher && entry.stream.players === 0 && this.#entries.get(name) === entry) {
      this.#entries.delete(name);
    }
  }
}
