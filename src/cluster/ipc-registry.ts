import { setImmediate as turn } from 'node:timers/promises';
import type { Claim } from '../model/claims.ts';
import type { Clock } from '../model/clock.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Member } from './memory-registry.ts';
import type { RegistryNotice, RegistryRequest } from './messages.ts';
import type { Place, Registry } from './registry.ts';

/** A worker that does not say in time whether its publisher is still there keeps the stream. */
export const CONFIRM_TIMEOUT_MS = 2_000;

/** The registry as a worker has it: the primary's, behind messages. */
export class IpcRegistry implements Registry {
  readonly #send: (request: RegistryRequest) => void;
  readonly #claims = new Map<number, (granted: boolean) => void>();
  readonly #watches = new Map<number, (place: Place | undefined) => void>();
  #lastId = 0;

  constructor(send: (request: RegistryRequest) => void) {
    this.#send = send;
  }

  async claim(key: StreamKey): Promise<Claim | undefined> {
    this.#lastId += 1;
    const id = this.#lastId;
    const granted = await new Promise<boolean>((resolve) => {
      this.#claims.set(id, resolve);
      this.#send({ type: 'claim', id, key });
    });
    if (!granted) return undefined;
    return {
      onAir: () => this.#send({ type: 'on air', id }),
      release: () => this.#send({ type: 'release', id }),
    };
  }

  watch(key: StreamKey, listener: (place: Place | undefined) => void): () => void {
    this.#lastId += 1;
    const id = this.#lastId;
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
        this.#claims.get(notice.id)?.(notice.granted);
        this.#claims.delete(notice.id);
        return;
      case 'place':
        this.#watches.get(notice.id)?.(notice.place);
        return;
      case 'confirm':
        void this.#confirm(notice.id);
        return;
      default:
        notice satisfies never;
    }
  }

  /** Two turns: the one after this has read from every socket that had something to say. */
  async #confirm(id: number): Promise<void> {
    await turn();
    await turn();
    this.#send({ type: 'confirmed', id });
  }
}

/** The primary's end of a worker's `IpcRegistry`. */
export class RegistryDesk {
  readonly #member: Member;
  readonly #clock: Clock;
  readonly #send: (notice: RegistryNotice) => void;
  readonly #claims = new Map<number, Claim>();
  readonly #watches = new Map<number, () => void>();
  readonly #questions = new Map<number, () => void>();
  #lastQuestion = 0;
  #closed = false;

  /** `join` makes the worker a member, given how to let it look after its publisher. */
  constructor(
    clock: Clock,
    join: (confirm: (key: StreamKey) => Promise<void>) => Member,
    send: (notice: RegistryNotice) => void,
  ) {
    this.#clock = clock;
    this.#send = send;
    this.#member = join((key) => this.#confirm(key));
  }

  /** Takes what the worker asks. */
  take(request: RegistryRequest): void {
    const { id } = request;
    switch (request.type) {
      case 'claim':
        void this.#claim(id, request.key);
        return;
      case 'on air':
        this.#claims.get(id)?.onAir();
        return;
      case 'release':
        this.#claims.get(id)?.release();
        this.#claims.delete(id);
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

  async #claim(id: number, key: StreamKey): Promise<void> {
    const claim = await this.#member.claim(key);
    if (this.#closed) {
      claim?.release();
      return;
    }
    if (claim) this.#claims.set(id, claim);
    this.#send({ type: 'claimed', id, granted: claim !== undefined });
  }

  #confirm(key: StreamKey): Promise<void> {
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
      this.#send({ type: 'confirm', id, key });
    });
  }
}
