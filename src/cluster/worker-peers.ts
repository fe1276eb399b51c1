import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Peers } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import type { Place, Registry } from './registry.ts';

/** How long a worker believes what it was told of a stream's place. */
const PLACE_TTL_MS = 1_000;

/** Connections that may wait to be taken: over a unix socket those over it are refused at once. */
const BACKLOG = 4_096;

/** Streams whose places a worker remembers: of the others it asks again. */
export const MAX_KNOWN_PLACES = 1_000;

/** The other workers of this machine: what they have is known from the registry, their sockets lie beside the relay sockets. */
export class WorkerPeers implements Peers {
  readonly node: string;
  readonly token: string;
  readonly #directory: string;
  readonly #registry: Registry;
  /** The names of other workers, by stream. */
  readonly #places = new LRUCache<string, string>({ max: MAX_KNOWN_PLACES, ttl: PLACE_TTL_MS });

  constructor(place: Place, token: string, registry: Registry) {
    this.node = place.node;
    this.token = token;
    this.#directory = dirname(place.address);
    this.#registry = registry;
  }

  async placeOf(key: StreamKey): Promise<string | undefined> {
    const name = formatStreamKey(key);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const { node = this.node } = (await this.#registry.locate(key)) ?? {};
    // That nobody has it is not remembered: it may come on air in a moment.
    if (node === this.node) return undefined;
    this.#places.set(name, node);
    return node;
  }

  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void {
    return this.#registry.watch(key, (place) => {
      if (place && place.node !== this.node) found(place.node);
    });
  }

  socketOf(node: string): string {
    return join(this.#directory, `${node}.http.sock`);
  }

  async receive(take: (socket: Socket) => void): Promise<() => void> {
    const server = createServer({ pauseOnConnect: true }, take);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Exclusive: node:cluster would share the path with the other workers.
      server.listen({ path: this.socketOf(this.node), exclusive: true, backlog: BACKLOG }, resolve);
    });
    server.on('error', () => undefined);
    return () => server.close();
  }
}
