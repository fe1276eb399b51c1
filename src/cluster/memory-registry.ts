import { LRUCache } from 'lru-cache';
import { PlayerSlots } from '../clients/player-slots.ts';
import type { Claim } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import type { ClaimedStream, Place, Registry } from './registry.ts';

/** Streams of which it is known where they were on air last. */
export const MAX_LAST_PLACES = 10_000;

/** A process's part of the registry. */
export interface Member extends Registry {
  /** Gives up all that the process has: it is gone. */
  leave(): void;
}

/** Resolves when the process has looked whether its publisher is still there; with `takeover`, when it has made it leave. */
export type Confirm = (key: StreamKey, takeover: boolean) => Promise<void>;

interface Entry {
  readonly key: StreamKey;
  holder: Holder | undefined;
  readonly watchers: Set<(place: Place | undefined) => void>;
}

interface Holder {
  readonly place: Place;
  readonly confirm: Confirm;
  onAir: boolean;
}

/** The registry itself, in the memory of one process. */
export class MemoryRegistry {
  readonly #entries = new Map<string, Entry>();
  readonly #slots = new PlayerSlots();
  readonly #lastPlaces = new LRUCache<string, Place>({ max: MAX_LAST_PLACES });

  /** All streams that have a publisher. */
  get streams(): readonly ClaimedStream[] {
    return [...this.#entries.values()].flatMap(({ key, holder }) =>
      holder ? [{ key, node: holder.place.node, onAir: holder.onAir }] : [],
    );
  }

  /**
   * Takes a process in. Before a stream of it is denied to another process, `confirm` gives it the time to notice that
   * its publisher has gone: an encoder that reconnects may be quicker at one process than the end of its old connection
   * at the other.
   */
  join(place: Place, confirm: Confirm = () => Promise.resolve()): Member {
    const held = new Set<Claim>();
    const slot = new Set<() => void>();
    const watches = new Set<() => void>();
    return {
      claim: async (key, takeover = false) => {
        const other = this.#entries.get(formatStreamKey(key))?.holder;
        if (other) await other.confirm(key, takeover);
        const claim = this.#take(key, { place, confirm, onAir: false }, () => held.delete(claim as Claim));
        if (claim) held.add(claim);
        return claim;
      },
      acquireSlot: (key, most) => {
        const taken = this.#slots.acquire(key, most);
        if (typeof taken === 'number') return Promise.resolve(taken);
        slot.add(taken);
        return Promise.resolve(() => {
          slot.delete(taken);
          taken();
        });
      },
      isOnAir: (key) => Promise.resolve(this.#entries.get(formatStreamKey(key))?.holder?.onAir ?? false),
      locate: (key) => Promise.resolve(this.#lastPlaces.get(formatStreamKey(key))),
      watch: (key, listener) => {
        const stop = this.#watch(key, listener);
        watches.add(stop);
        return () => {
          watches.delete(stop);
          stop();
        };
      },
      leave() {
        for (const claim of [...held]) claim.release();
        for (const unseat of slot) unseat();
        slot.clear();
        for (const stop of watches) stop();
        watches.clear();
      },
    };
  }

  #take(key: StreamKey, holder: Holder, released: () => void): Claim | undefined {
    const entry = this.#entry(key);
    if (entry.holder) return undefined;
    entry.holder = holder;
    return {
      onAir: (mostPlayers = Number.POSITIVE_INFINITY) => {
        if (entry.holder !== holder) return;
        holder.onAir = true;
        this.#lastPlaces.set(formatStreamKey(key), holder.place);
        this.#slots.limit(key, mostPlayers);
        this.#tell(entry);
      },
      release: () => {
        if (entry.holder !== holder) return;
        entry.holder = undefined;
        this.#slots.limit(key, Number.POSITIVE_INFINITY);
        released();
        if (holder.onAir) this.#tell(entry);
        this.#forgetIfUnused(entry);
      },
    };
  }

  #watch(key: StreamKey, listener: (place: Place | undefined) => void): () => void {
    const entry = this.#entry(key);
    const watcher = (place: Place | undefined) => listener(place);
    entry.watchers.add(watcher);
    if (entry.holder?.onAir) watcher(entry.holder.place);
    return () => {
      entry.watchers.delete(watcher);
      this.#forgetIfUnused(entry);
    };
  }

  #tell({ holder, watchers }: Entry): void {
    for (const watcher of [...watchers]) watcher(holder?.place);
  }

  #entry(key: StreamKey): Entry {
    const name = formatStreamKey(key);
    const entry = this.#entries.get(name) ?? { key, holder: undefined, watchers: new Set() };
    this.#entries.set(name, entry);
    return entry;
  }

  #forgetIfUnused({ key, holder, watchers }: Entry): void {
    if (!holder && watchers.size === 0) this.#entries.delete(formatStreamKey(key));
  }
}
