import { ConcealedNames } from '../model/concealed-names.ts';
import type { DeliveryFilter, DeliveryLog, Follower } from '../model/control.ts';
import type { Delivery } from '../model/delivery.ts';
import { isQuestion } from '../model/events.ts';
import { maskDelivery } from './masking.ts';

/** Those who follow the journal at the same time. */
export const MAX_FOLLOWERS = 16;

/** Memory that the journal may take, in bytes; over it the oldest deliveries go, however few are left. */
export const MAX_JOURNAL_BYTES = 33_554_432;

/**
 * The last deliveries, as they were; who looks at them sees them masked. Keeping one costs next to nothing, since all
 * that takes time is done when somebody looks.
 */
export class Journal implements DeliveryLog {
  /** The `#count`th ever is at `#count % #size`, and so on backwards. */
  #ring: (Delivery | undefined)[] = [];
  #size: number;
  /** Deliveries ever, and the first of them that is still here. */
  #count = 0;
  #first = 0;
  #bytes = 0;
  #secrets: readonly string[] = [];
  readonly #followers = new Set<Tail>();
  readonly #concealed: ConcealedNames;

  /** Remembers `size` deliveries. `concealed` learns which names their answers replaced, and says which to hide. */
  constructor(size: number, concealed: ConcealedNames = new ConcealedNames()) {
    this.#size = size;
    this.#concealed = concealed;
  }

  /** Deliveries that are here. */
  get length(): number {
    return this.#count - this.#first;
  }

  /** Takes the present configuration: how many to remember, and what is never to be shown. */
  configure(size: number, secrets: readonly string[]): void {
    this.#secrets = secrets;
    if (size === this.#size) return;
    const kept = this.#range(Math.max(this.#first, this.#count - size));
    this.#size = size;
    this.#ring = [];
    this.#first = this.#count - kept.length;
    for (const [index, delivery] of kept.entries()) this.#ring[(this.#first + index) % size] = delivery;
    this.#bytes = kept.reduce((sum, delivery) => sum + sizeOf(delivery), 0);
  }

  /** Keeps a delivery. */
  add(delivery: Delivery): void {
    if (renamedFrom(delivery) !== undefined) this.#concealed.learn(delivery);
    if (this.#size > 0) {
      if (this.length === this.#size) this.#forgetFirst();
      this.#ring[this.#count % this.#size] = delivery;
      this.#bytes += sizeOf(delivery);
    }
    this.#count++;
    if (this.#size === 0) this.#first = this.#count;
    while (this.#bytes > MAX_JOURNAL_BYTES && this.length > 1) this.#forgetFirst();
    for (const follower of this.#followers) follower.wake();
  }

  /** Counts deliveries that nobody kept, so that followers know of them. */
  skip(count: number): void {
    for (const follower of this.#followers) follower.skip(count);
  }

  *list(filter: DeliveryFilter, limit: number): Generator<Delivery> {
    const found: Delivery[] = [];
    for (let index = this.#count - 1; index >= this.#first && found.length < limit; index--) {
      const delivery = this.#at(index);
      if (delivery && fits(delivery, filter)) found.push(delivery);
    }
    for (const delivery of found.reverse()) yield this.show(delivery);
  }

  find(id: string): Delivery | undefined {
    const delivery = this.original(id);
    return delivery && this.show(delivery);
  }

  /** A delivery as it was. */
  original(id: string): Delivery | undefined {
    return this.#range(this.#first).findLast((delivery) => delivery.id === id || shortId(delivery.id) === id);
  }

  /** How often the event of a delivery was sent to its URL, as far as is known. */
  attemptsOf({ eventId, url }: Delivery): number {
    const same = this.#range(this.#first).filter((other) => other.eventId === eventId && other.url === url);
    return Math.max(0, ...same.map(({ attempt }) => attempt));
  }

  follow(filter: DeliveryFilter): Follower | undefined {
    if (this.#followers.size >= MAX_FOLLOWERS) return undefined;
    const tail = new Tail(
      this.#count,
      (from, limit) => this.#read(from, limit, filter),
      () => this.#followers.delete(tail),
    );
    this.#followers.add(tail);
    return tail;
  }

  /** Ends all followers, behind what they have not taken yet. */
  close(): void {
    for (const follower of [...this.#followers]) follower.close();
  }

  /** A delivery as it may be shown. */
  show(delivery: Delivery): Delivery {
    const keys = this.#concealed.of(delivery, isConfirmed(delivery));
    return maskDelivery(delivery, this.#secrets, keys);
  }

  /** What fits, from that index on, and where to go on. */
  #read(from: number, limit: number, filter: DeliveryFilter): Reading {
    const start = Math.max(from, this.#first);
    const deliveries: Delivery[] = [];
    let next = start;
    for (; next < this.#count && deliveries.length < limit; next++) {
      const delivery = this.#at(next);
      if (delivery && fits(delivery, filter)) deliveries.push(this.show(delivery));
    }
    return { deliveries, missed: start - from, next, more: next < this.#count };
  }

  #at(index: number): Delivery | undefined {
    return this.#ring[index % this.#size];
  }

  #range(from: number): Delivery[] {
    const deliveries: Delivery[] = [];
    for (let index = from; index < this.#count; index++) {
      const delivery = this.#at(index);
      if (delivery) deliveries.push(delivery);
    }
    return deliveries;
  }

  #forgetFirst(): void {
    const delivery = this.#at(this.#first);
    if (delivery) this.#bytes -= sizeOf(delivery);
    this.#ring[this.#first % this.#size] = undefined;
    this.#first++;
  }
}

interface Reading {
  readonly deliveries: readonly Delivery[];
  readonly missed: number;
  readonly next: number;
  readonly more: boolean;
}

/** Position of a reader in the journal: a slow reader costs nothing but what it misses. */
class Tail implements Follower {
  #next: number;
  #skipped = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  readonly #read: (from: number, limit: number) => Reading;
  readonly #forget: () => void;

  constructor(next: number, read: (from: number, limit: number) => Reading, forget: () => void) {
    this.#next = next;
    this.#read = read;
    this.#forget = forget;
  }

  takeDeliveries(limit: number): ReturnType<Follower['takeDeliveries']> {
    const { deliveries, missed, next } = this.#read(this.#next, limit);
    const skipped = this.#skipped;
    this.#next = next;
    this.#skipped = 0;
    if (this.#ended && deliveries.length === 0 && missed + skipped === 0) return undefined;
    return { deliveries, missed: missed + skipped };
  }

  more(): Promise<void> {
    if (this.#ended || this.#skipped > 0 || this.#read(this.#next, 0).more) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  skip(count: number): void {
    this.#skipped += count;
    this.wake();
  }

  close(): void {
    this.#ended = true;
    this.#forget();
    this.wake();
  }
}

/** The id that a person types: the first eight characters of the event's, and the number of the attempt. */
export function shortId(id: string): string {
  return id.replace(/^([^-]{8}).*-(\d+)$/, '$1-$2');
}

function fits(delivery: Delivery, { vhost, event, client, url, outcome, failed }: DeliveryFilter): boolean {
  if (vhost !== undefined && delivery.vhost !== vhost) return false;
  if (event !== undefined && delivery.action !== event) return false;
  if (client !== undefined && delivery.clientId !== client) return false;
  if (url !== undefined && delivery.url !== url) return false;
  if (outcome !== undefined && delivery.outcome !== outcome) return false;
  return failed !== true || hasFailed(delivery);
}

/** A backend that refuses a question works; one that refuses to be told something does not. */
function hasFailed({ outcome, action }: Delivery): boolean {
  return outcome !== 'allowed' && !(outcome === 'refused' && isQuestion(action));
}

/** True if a backend was asked about this name and has let it in. */
function isConfirmed({ action, outcome }: Delivery): boolean {
  return outcome === 'allowed' && (action === 'on_publish' || action === 'on_play');
}

/** About how much memory a delivery takes, in bytes. */
function sizeOf({ request, response }: Delivery): number {
  const headers = [...request.headers, ...(response?.headers ?? [])];
  const characters = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return 1024 + 2 * (request.body.length + (response?.body.length ?? 0) + characters);
}

/** The stream's name, if the answer of this delivery replaced it: then it is a key that nobody is to see. */
export function renamedFrom({ outcome, response, stream }: Delivery): string | undefined {
  if (outcome !== 'allowed' || response === undefined || stream === '') return undefined;
  const name = newName(response);
  return name === undefined || name === stream ? undefined : stream;
}

/** The new name that a SRS backend gives in its body, one of nginx-rtmp in `Location`. An empty one if that is not clear. */
function newName({ status, headers, body }: NonNullable<Delivery['response']>): string | undefined {
  if (status >= 300 && status < 400) {
    const [, location = ''] = headers.find(([name]) => name.toLowerCase() === 'location') ?? [];
    return location === '' || location.includes('://') ? undefined : location;
  }
  if (!body.includes('"stream"')) return undefined;
  try {
    const { data } = JSON.parse(body) as { data?: { stream?: unknown } | null };
    return typeof data?.stream === 'string' ? data.stream : undefined;
  } catch {
    // Too long to have been kept whole.
    return '';
  }
}
