import { API, queryOf } from '../api/client.ts';
import type { FeedEvent, Topic } from '../api/contract.ts';
import { type FeedState, follow } from './follow.ts';
import { Store } from './store.ts';

/** Topics that a page listens to. */
export interface Wanted {
  readonly topics: readonly Topic[];
  /** Everything about this stream, its packets too. */
  readonly stream?: string | undefined;
}

/** The ways in which this page hears from the server, and how they all are. */
export class Feed {
  /** `lost` as soon as one is. */
  readonly state: Store<FeedState> = new Store<FeedState>('connecting');
  readonly #states = new Map<symbol, FeedState>();
  readonly #unauthorized: () => void;

  constructor(unauthorized: () => void) {
    this.#unauthorized = unauthorized;
  }

  /** Calls back with each event until the returned function is called. */
  open({ topics, stream }: Wanted, hear: (event: FeedEvent) => void): () => void {
    const key = Symbol(topics.join());
    const close = follow(`${API}/events${queryOf({ topics: topics.join(), stream })}`, {
      event: ({ event, data }) => hear({ event, data: JSON.parse(data) } as FeedEvent),
      state: (state) => this.#note(key, state),
      unauthorized: this.#unauthorized,
    });
    return () => {
      close();
      this.#states.delete(key);
      this.#sum();
    };
  }

  #note(key: symbol, state: FeedState): void {
    this.#states.set(key, state);
    this.#sum();
  }

  #sum(): void {
    const states = [...this.#states.values()];
    const worst = (['lost', 'connecting'] as const).find((state) => states.includes(state));
    this.state.set(worst ?? 'live');
  }
}
