import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { PlayOptions } from '../model/options.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import type { Hub, Publication } from '../streams/hub.ts';
import type { Place, Registry } from './registry.ts';
import { Relay } from './relay.ts';

/** A relay goes on this long after its last player has left: the next one has a picture at once. */
export const IDLE_MS = 5_000;
/** Until a relay that broke is tried again. */
export const RETRY_MS = 200;
/** A relay has this long to bring the rest of a stream that is on air elsewhere already. */
export const TAIL_MS = 2_000;

/** What relays need of their process. */
export interface RelayDeps {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The name of this process. */
  readonly node: string;
  readonly token: string;
  /** Opens a connection to the relay server of another process. */
  open(place: Place): Duplex;
}

/** Brings every stream that is watched here and published elsewhere: one relay for each, whatever number of players. */
export class Relays {
  readonly #deps: RelayDeps;
  readonly #feeds = new Map<string, Feed>();

  constructor(deps: RelayDeps) {
    this.#deps = deps;
  }

  /** A stream has a player. */
  watched(key: StreamKey, options: PlayOptions): void {
    const name = formatStreamKey(key);
    const known = this.#feeds.get(name);
    if (known) known.keep();
    else this.#feeds.set(name, new Feed(key, options, this.#deps));
  }

  /** A stream has lost its last player. */
  unwatched(key: StreamKey): void {
    const name = formatStreamKey(key);
    this.#feeds.get(name)?.release(() => this.#feeds.delete(name));
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }
}

/** One watched stream: knows where it is on air, and keeps a relay to there. */
class Feed {
  readonly #key: StreamKey;
  readonly #options: PlayOptions;
  readonly #deps: RelayDeps;
  readonly #unwatch: () => void;
  #place: Place | undefined;
  #current: { readonly relay: Relay; readonly from: Place } | undefined;
  #retry: Timer | undefined;
  #idle: Timer | undefined;
  #tail: Timer | undefined;

  constructor(key: StreamKey, options: PlayOptions, deps: RelayDeps) {
    this.#key = key;
    this.#options = options;
    this.#deps = deps;
    this.#unwatch = deps.registry.watch(key, (place) => this.#locate(place));
  }

  keep(): void {
    this.#idle?.clear();
    this.#idle = undefined;
    if (!this.#retry) this.#start();
  }

  release(forget: () => void): void {
    this.#idle ??= this.#deps.clock.after(IDLE_MS, () => {
      forget();
      this.close();
    });
  }

  close(): void {
    this.#unwatch();
    this.#place = undefined;
    for (const timer of [this.#idle, this.#retry, this.#tail]) timer?.clear();
    this.#current?.relay.close();
  }

  #locate(place: Place | undefined): void {
    this.#place = place;
    this.#retry?.clear();
    this.#retry = undefined;
    const current = this.#current;
    // The relay of a publisher that has gone ends by itself, behind the last byte; unless that takes too long.
    if (current && place && place.node !== current.from.node) {
      this.#tail ??= this.#deps.clock.after(TAIL_MS, () => current.relay.close());
    }
    this.#start();
  }

  #start(): void {
    const place = this.#place;
    // Nobody watches in the time of grace: what runs goes on, and nothing is begun.
    if (this.#current || this.#idle || !place || place.node === this.#deps.node) return;
    const { hub, logger, token, open } = this.#deps;
    const log = logger.child({ ...this.#key, from: place.node });
    const publish = (): Publication | undefined => hub.relay(this.#key, this.#options);
    const relay = new Relay(open(place), this.#key, token, publish, log);
    this.#current = { relay, from: place };
    void relay.ended.then(() => this.#over(place));
  }

  #over(from: Place): void {
    this.#current = undefined;
    this.#tail?.clear();
    this.#tail = undefined;
    // It may have ended with its publisher, of which the registry tells in a moment; or it broke.
    if (this.#place && this.#place.node !== from.node) this.#start();
    else if (this.#place) {
      this.#retry = this.#deps.clock.after(RETRY_MS, () => {
        this.#retry = undefined;
        this.#start();
      });
    }
  }
}
