import { type Clock, Deadline } from '../model/clock.ts';
import type { Claim, PlaylistSequences, SequenceStart } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub } from '../streams/hub.ts';
import type { Confirm, Member } from './memory-registry.ts';
import type { Place, Registry } from './registry.ts';
import { Rpc, type RpcMessage } from './rpc.ts';

/** A worker that does not say in time whether its publisher is still there keeps the stream. */
export const CONFIRM_TIMEOUT_MS = 2_000;

/** What a worker calls in the primary. It chooses each `id`, of a claim, a slot or a watch. */
interface PrimaryMethods extends Pick<Registry, 'isOnAir' | 'locate'>, Pick<PlaylistSequences, 'next'> {
  /** Resolves with false when there is a publisher elsewhere. */
  claim(id: number, key: StreamKey, takeover: boolean): Promise<boolean>;
  setOnAir(claim: number, mostPlayers: number | undefined): void;
  release(claim: number): void;
  /** Resolves with how many slots there are if none was free. */
  acquireSlot(id: number, key: StreamKey, most: number): Promise<number | undefined>;
  releaseSlot(id: number): void;
  watch(id: number, key: StreamKey): void;
  unwatch(id: number): void;
}

/** What the primary calls in a worker. */
interface WorkerMethods {
  /** Resolves when the worker has looked whether its publisher is still there; with `takeover`, it makes it leave. */
  confirm(key: StreamKey, takeover: boolean): Promise<void>;
  /** The stream of a watch is on air at this place, or nowhere any more. */
  moved(watch: number, place: Place | undefined): void;
}

/** The registry as a worker has it: the primary's, behind messages. */
export class IpcRegistry implements Registry, PlaylistSequences {
  readonly #rpc: Rpc<PrimaryMethods>;
  readonly #watches = new Map<number, (place: Place | undefined) => void>();
  #lastId = 0;

  /** `publishers` are the publishers of this process. */
  constructor(send: (message: RpcMessage) => void, publishers: Pick<Hub, 'evict' | 'pollPublisher'>) {
    const methods: WorkerMethods = {
      confirm(key, takeover) {
        if (takeover) publishers.evict(key);
        return publishers.pollPublisher(key);
      },
      moved: (id, place) => this.#watches.get(id)?.(place),
    };
    this.#rpc = new Rpc(send, { ...methods });
  }

  async claim(key: StreamKey, takeover = false): Promise<Claim | undefined> {
    const id = this.#nextId();
    if (!(await this.#rpc.call('claim', id, key, takeover))) return undefined;
    return {
      onAir: (mostPlayers) => this.#rpc.notify('setOnAir', id, mostPlayers),
      release: () => this.#rpc.notify('release', id),
    };
  }

  async acquireSlot(key: StreamKey, most: number): Promise<(() => void) | number> {
    const id = this.#nextId();
    const full = await this.#rpc.call('acquireSlot', id, key, most);
    return full ?? (() => this.#rpc.notify('releaseSlot', id));
  }

  isOnAir(key: StreamKey): Promise<boolean> {
    return this.#rpc.call('isOnAir', key);
  }

  locate(key: StreamKey): Promise<Place | undefined> {
    return this.#rpc.call('locate', key);
  }

  next(key: StreamKey, mediaSequence: number): Promise<SequenceStart> {
    return this.#rpc.call('next', key, mediaSequence);
  }

  /** The primary keeps the numbers, and flushes them itself when it stops. */
  async flush(): Promise<void> {}

  watch(key: StreamKey, listener: (place: Place | undefined) => void): () => void {
    const id = this.#nextId();
    this.#watches.set(id, listener);
    this.#rpc.notify('watch', id, key);
    return () => {
      if (this.#watches.delete(id)) this.#rpc.notify('unwatch', id);
    };
  }

  /** Takes a message of the primary. */
  take(message: RpcMessage): void {
    this.#rpc.take(message);
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** The primary's end of a worker's `IpcRegistry`. */
export class RegistryServer {
  readonly #rpc: Rpc<WorkerMethods>;
  readonly #clock: Clock;
  readonly #member: Member;
  readonly #claims = new Map<number, Claim>();
  readonly #slots = new Map<number, () => void>();
  readonly #watches = new Map<number, () => void>();
  #closed = false;

  /** `join` makes the worker a member, given how to let it look after its publisher. */
  constructor(
    clock: Clock,
    sequences: PlaylistSequences,
    join: (confirm: Confirm) => Member,
    send: (message: RpcMessage) => void,
  ) {
    this.#clock = clock;
    const member = join((key, takeover) => this.#confirm(key, takeover));
    this.#member = member;
    const methods: PrimaryMethods = {
      claim: (id, key, takeover) => this.#claim(id, key, takeover),
      setOnAir: (id, mostPlayers) => this.#claims.get(id)?.onAir(mostPlayers),
      release: (id) => take(this.#claims, id)?.release(),
      acquireSlot: (id, key, most) => this.#acquireSlot(id, key, most),
      releaseSlot: (id) => take(this.#slots, id)?.(),
      isOnAir: (key) => member.isOnAir(key),
      locate: (key) => member.locate(key),
      next: (key, mediaSequence) => sequences.next(key, mediaSequence),
      watch: (id, key) => {
        this.#watches.set(
          id,
          member.watch(key, (place) => this.#rpc.notify('moved', id, place)),
        );
      },
      unwatch: (id) => take(this.#watches, id)?.(),
    };
    this.#rpc = new Rpc(send, { ...methods });
  }

  /** Takes a message of the worker. */
  take(message: RpcMessage): void {
    this.#rpc.take(message);
  }

  /** The worker is gone. */
  close(): void {
    this.#closed = true;
    this.#member.leave();
    this.#rpc.close();
  }

  async #claim(id: number, key: StreamKey, takeover: boolean): Promise<boolean> {
    const claim = await this.#member.claim(key, takeover);
    if (this.#closed) claim?.release();
    else if (claim) this.#claims.set(id, claim);
    return claim !== undefined;
  }

  async #acquireSlot(id: number, key: StreamKey, most: number): Promise<number | undefined> {
    const acquired = await this.#member.acquireSlot(key, most);
    if (typeof acquired === 'number') return acquired;
    this.#slots.set(id, acquired);
    return undefined;
  }

  async #confirm(key: StreamKey, takeover: boolean): Promise<void> {
    if (this.#closed) return;
    await this.#rpc.callBy(new Deadline(this.#clock, CONFIRM_TIMEOUT_MS), 'confirm', key, takeover);
  }
}

/** Removes and returns what a map has under an id. */
function take<T>(map: Map<number, T>, id: number): T | undefined {
  const value = map.get(id);
  map.delete(id);
  return value;
}
