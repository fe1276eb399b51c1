import type { Clock } from '../model/clock.ts';
import type { Claim, PlaylistSequences, SequenceStart } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub } from '../streams/hub.ts';
import type { Confirm, Member } from './memory-registry.ts';
import type { RegistryNotice, RegistryRequest } from './messages.ts';
import type { Place, Registry } from './registry.ts';

/** A worker that does not say in time whether its publisher is still there keeps the stream. */
export const CONFIRM_TIMEOUT_MS = 2_000;

/** The registry as a worker has it: the primary's, behind messages. */
export class IpcRegistry implements Registry, PlaylistSequences {
  readonly #send: (request: RegistryRequest) => void;
  /** What waits for an answer of the primary, by its id. */
  readonly #questions = new Map<number, (notice: RegistryNotice) => void>();
  readonly #watches = new Map<number, (place: Place | undefined) => void>();
  readonly #publishers: Pick<Hub, 'evict' | 'pollPublisher'>;
  #lastId = 0;

  /** `publishers` are the publishers of this process. */
  constructor(send: (request: RegistryRequest) => void, publishers: Pick<Hub, 'evict' | 'pollPublisher'>) {
    this.#send = send;
    this.#publishers = publishers;
  }

  async claim(key: StreamKey, takeover = false): Promise<Claim | undefined> {
    const id = this.#nextId();
    const answer = await this.#ask({ type: 'claim', id, key, takeover });
    if (answer.type !== 'claimed' || !answer.granted) return undefined;
    return {
      onAir: (mostPlayers) => this.#send({ type: 'on air', id, mostPlayers }),
      release: () => this.#send({ type: 'release', id }),
    };
  }

  async acquireSlot(key: StreamKey, most: number): Promise<(() => void) | number> {
    const id = this.#nextId();
    const answer = await this.#ask({ type: 'acquire slot', id, key, most });
    if (answer.type === 'slot acquired' && answer.full !== undefined) return answer.full;
    return () => this.#send({ type: 'release slot', id });
  }

  async isOnAir(key: StreamKey): Promise<boolean> {
    const answer = await this.#ask({ type: 'where', id: this.#nextId(), key });
    return answer.type === 'found' && answer.onAir;
  }

  async locate(key: StreamKey): Promise<Place | undefined> {
    const answer = await this.#ask({ type: 'locate', id: this.#nextId(), key });
    return answer.type === 'located' ? answer.place : undefined;
  }

  async next(key: StreamKey, mediaSequence: number): Promise<SequenceStart> {
    const id = this.#nextId();
    const answer = await this.#ask({ type: 'sequence', id, key, next: mediaSequence });
    if (answer.type !== 'sequenced') throw new Error(`the primary answered ${answer.type}`);
    return answer.start;
  }

  /** The primary keeps the numbers, and flushes them itself when it stops. */
  async flush(): Promise<void> {}

  watch(key: StreamKey, listener: (place: Place | undefined) => void): () => void {
    const id = this.#nextId();
    this.#watches.set(id, listener);
    this.#send({ type: 'watch', id, key });
    return () => {
      if (this.#watches.delete(id)) this.#send({ type: 'unwatch', id });
    };
  }

  /** Takes what the primary says. */
  take(notice: RegistryNotice): void {
    switch (notice.type) {
      case 'claimed':
      case 'slot acquired':
      case 'found':
      case 'located':
      case 'sequenced':
        this.#questions.get(notice.id)?.(notice);
        this.#questions.delete(notice.id);
        return;
      case 'place':
        this.#watches.get(notice.id)?.(notice.place);
        return;
      case 'confirm':
        if (notice.takeover) this.#publishers.evict(notice.key);
        void this.#publishers
          .pollPublisher(notice.key)
          .then(() => this.#send({ type: 'confirmed', id: notice.id }));
        return;
      default:
        notice satisfies never;
    }
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #ask(request: RegistryRequest): Promise<RegistryNotice> {
    return new Promise((resolve) => {
      this.#questions.set(request.id, resolve);
      this.#send(request);
    });
  }
}

/** The primary's end of a worker's `IpcRegistry`. */
export class RegistryServer {
  readonly #member: Member;
  readonly #clock: Clock;
  readonly #sequences: PlaylistSequences;
  readonly #send: (notice: RegistryNotice) => void;
  readonly #claims = new Map<number, Claim>();
  readonly #slots = new Map<number, () => void>();
  readonly #watches = new Map<number, () => void>();
  readonly #questions = new Map<number, () => void>();
  #lastQuestion = 0;
  #closed = false;

  /** `join` makes the worker a member, given how to let it look after its publisher. */
  constructor(
    clock: Clock,
    sequences: PlaylistSequences,
    join: (confirm: Confirm) => Member,
    send: (notice: RegistryNotice) => void,
  ) {
    this.#clock = clock;
    this.#sequences = sequences;
    this.#send = send;
    this.#member = join((key, takeover) => this.#confirm(key, takeover));
  }

  /** Takes what the worker asks. */
  take(request: RegistryRequest): void {
    const { id } = request;
    switch (request.type) {
      case 'claim':
        void this.#claim(id, request.key, request.takeover);
        return;
      case 'on air':
        this.#claims.get(id)?.onAir(request.mostPlayers);
        return;
      case 'release':
        this.#claims.get(id)?.release();
        this.#claims.delete(id);
        return;
      case 'acquire slot':
        void this.#acquireSlot(id, request.key, request.most);
        return;
      case 'release slot':
        this.#slots.get(id)?.();
        this.#slots.delete(id);
        return;
      case 'where':
        void this.#member.isOnAir(request.key).then((onAir) => this.#send({ type: 'found', id, onAir }));
        return;
      case 'locate':
        void this.#member.locate(request.key).then((place) => this.#send({ type: 'located', id, place }));
        return;
      case 'sequence':
        void this.#sequences
          .next(request.key, request.next)
          .then((start) => this.#send({ type: 'sequenced', id, start }));
        return;
      case 'watch':
        this.#watches.set(
          id,
          this.#member.watch(request.key, (place) => this.#send({ type: 'place', id, place })),
        );
        return;
      case 'unwatch':
        this.#watches.get(id)?.();
        this.#watches.delete(id);
        return;
      case 'confirmed':
        this.#questions.get(id)?.();
        return;
      default:
        request satisfies never;
    }
  }

  /** The worker is gone. */
  close(): void {
    this.#closed = true;
    this.#member.leave();
    for (const answer of [...this.#questions.values()]) answer();
  }

  async #claim(id: number, key: StreamKey, takeover: boolean): Promise<void> {
    const claim = await this.#member.claim(key, takeover);
    if (this.#closed) {
      claim?.release();
      return;
    }
    if (claim) this.#claims.set(id, claim);
    this.#send({ type: 'claimed', id, granted: claim !== undefined });
  }

  async #acquireSlot(id: number, key: StreamKey, most: number): Promise<void> {
    const acquireSlot = await this.#member.acquireSlot(key, most);
    const full = typeof acquireSlot === 'number' ? acquireSlot : undefined;
    if (typeof acquireSlot !== 'number') this.#slots.set(id, acquireSlot);
    this.#send({ type: 'slot acquired', id, full });
  }

  #confirm(key: StreamKey, takeover: boolean): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#lastQuestion += 1;
    const id = this.#lastQuestion;
    return new Promise((resolve) => {
      const answer = () => {
        timer.clear();
        this.#questions.delete(id);
        resolve();
      };
      const timer = this.#clock.after(CONFIRM_TIMEOUT_MS, answer);
      this.#questions.set(id, answer);
      this.#send({ type: 'confirm', id, key, takeover });
    });
  }
}
