import type { Stream } from '../api/contract.ts';
import type { Feed } from './feed.ts';
import { Store } from './store.ts';

/** Seconds that a sparkline shows. */
const HISTORY_SECONDS = 60;

/** All streams as they are now, and how many kbit/s came in each of the last seconds. */
export interface StreamsNow {
  readonly streams: readonly Stream[];
  readonly history: ReadonlyMap<string, readonly number[]>;
}

/** kbit/s that come in of a stream now: the one figure for it, wherever it is shown. */
export function rateOf({ id, recvKbps }: Stream, { history }: Pick<StreamsNow, 'history'>): number {
  return history.get(id)?.at(-1) ?? recvKbps;
}

interface Counted {
  readonly at: number;
  readonly bytes: number;
  readonly rates: readonly number[];
}

/** Watches the streams for as long as the console is open, so that every page knows what came before it. */
export class StreamWatch {
  /** Undefined until the server has said something. */
  readonly now: Store<StreamsNow | undefined> = new Store<StreamsNow | undefined>(undefined);
  #counted = new Map<string, Counted>();

  /** Begins; ends when the returned function is called. */
  start(feed: Feed): () => void {
    return feed.open({ topics: ['streams'] }, (event) => {
      if (event.event === 'streams') this.#take(event.data.at, event.data.streams);
    });
  }

  #take(at: number, streams: readonly Stream[]): void {
    this.#counted = new Map(streams.map((stream) => [stream.id, this.#count(at, stream)]));
    const history = new Map([...this.#counted].map(([key, { rates }]) => [key, rates]));
    this.now.set({ streams, history });
  }

  #count(at: number, stream: Stream): Counted {
    const bytes = stream.recvBytes;
    const before = this.#counted.get(stream.id);
    // A new publisher of the name begins to count again.
    if (!before || bytes < before.bytes || at <= before.at) return { at, bytes, rates: before?.rates ?? [] };
    const rate = ((bytes - before.bytes) * 8) / (at - before.at);
    return { at, bytes, rates: [...before.rates, rate].slice(-HISTORY_SECONDS) };
  }
}
