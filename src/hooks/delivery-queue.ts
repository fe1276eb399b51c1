import type { ClosingEvent } from '../model/lifecycle.ts';
import { MAX_DELIVERIES, MAX_WAITING_EVENTS } from './limits.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** A closing event and the hooks that its configuration had for it. */
export interface Delivery {
  readonly event: ClosingEvent;
  readonly hooks: VhostHooks;
}

/** One client's events that wait, in the order told; the one that is on its way is no longer in it. */
interface ClientQueue {
  /** The client's number. */
  readonly client: number;
  readonly waiting: Delivery[];
}

/** What a vhost has on its way, and which clients are next. */
interface Lane {
  running: number;
  readonly ready: Set<ClientQueue>;
}

/** How a queue works; all but the first two are for tests to make small. */
export interface DeliveryQueueOptions {
  /** Delivers one event; true if it arrived everywhere. Must not reject. */
  deliver(delivery: Delivery): Promise<boolean>;
  /** Takes an event that found no room. */
  dropped(delivery: Delivery): void;
  readonly maxWaiting?: number;
  readonly maxRunning?: number;
}

/**
 * Closing events that wait for delivery: one after the other for each client, clients side by side, a bounded number at
 * a time in each vhost so that one vhost's dead backend holds up no other vhost.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions;
  readonly #maxWaiting: number;
  readonly #maxRunning: number;
  readonly #clients = new Map<number, ClientQueue>();
  readonly #lanes = new Map<string, Lane>();
  /** All that wait, the oldest first. */
  readonly #waiting = new Set<Delivery>();
  readonly #idleListeners = new Set<() => void>();
  #running = 0;
  #arrived = 0;
  #failed = 0;

  constructor(options: DeliveryQueueOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING_EVENTS;
    this.#maxRunning = options.maxRunning ?? MAX_DELIVERIES;
  }

  /** Events that have not ended: waiting or on their way. */
  get outstanding(): number {
    return this.#waiting.size + this.#running;
  }

  /** Events so far that arrived everywhere. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Events so far that did not. */
  get failed(): number {
    return this.#failed;
  }

  /** Takes an event; over the bound, the oldest that waits is dropped. */
  add(delivery: Delivery): void {
    const client = delivery.event.client.number;
    const known = this.#clients.get(client);
    const queue = known ?? { client, waiting: [] };
    this.#clients.set(client, queue);
    queue.waiting.push(delivery);
    this.#waiting.add(delivery);
    // A known client is on its way or ready already, and comes back here by itself.
    if (known === undefined) this.#ready(queue, delivery);
    if (this.#waiting.size > this.#maxWaiting) this.#dropOldest();
  }

  /** Calls back when nothing is outstanding; returns how to stop that. */
  onIdle(listener: () => void): () => void {
    this.#idleListeners.add(listener);
    return () => this.#idleListeners.delete(listener);
  }

  /** Forgets what waits and says how much it was; what is on its way goes on. */
  clear(): number {
    const count = this.#waiting.size;
    this.#waiting.clear();
    for (const queue of this.#clients.values()) queue.waiting.length = 0;
    for (const lane of this.#lanes.values()) lane.ready.clear();
    this.#clients.clear();
    this.#checkIdle();
    return count;
  }

  #ready(queue: ClientQueue, next: Delivery): void {
    const { vhost } = next.event;
    const lane = this.#lanes.get(vhost) ?? { running: 0, ready: new Set() };
    this.#lanes.set(vhost, lane);
    lane.ready.add(queue);
    this.#pump(vhost, lane);
  }

  #pump(vhost: string, lane: Lane): void {
    while (lane.running < this.#maxRunning) {
      const [queue] = lane.ready;
      if (queue === undefined) break;
      lane.ready.delete(queue);
      const delivery = queue.waiting.shift();
      if (delivery === undefined) this.#forget(queue);
      else void this.#run(vhost, lane, queue, delivery);
    }
    if (lane.running === 0) this.#lanes.delete(vhost);
  }

  async #run(vhost: string, lane: Lane, queue: ClientQueue, delivery: Delivery): Promise<void> {
    this.#waiting.delete(delivery);
    lane.running++;
    this.#running++;
    if (await this.#options.deliver(delivery)) this.#arrived++;
    else this.#failed++;
    lane.running--;
    this.#running--;
    const [next] = queue.waiting;
    if (next !== undefined) this.#ready(queue, next);
    else this.#forget(queue);
    this.#pump(vhost, lane);
    this.#checkIdle();
  }

  /** The oldest of all is the first that waits of its client. */
  #dropOldest(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    this.#clients.get(oldest.event.client.number)?.waiting.shift();
    this.#options.dropped(oldest);
  }

  #forget(queue: ClientQueue): void {
    if (this.#clients.get(queue.client) === queue) this.#clients.delete(queue.client);
  }

  #checkIdle(): void {
    if (this.outstanding > 0) return;
    for (const listener of [...this.#idleListeners]) listener();
  }
}
