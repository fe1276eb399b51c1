import type { Clock, Timer } from '../../model/clock.ts';

/**
 * Closing events of one vhost that are on their way at the same time. Half of the connections, so that the end of many
 * clients at once never keeps new ones waiting at the gate.
 */
const MAX_DELIVERIES = 32;

/** What has to be known of an event to give it its turn; the event itself is in the store. */
export interface Ticket {
  /** Its key in the store; events are in order by it. */
  readonly seq: number;
  /** When it was told, in milliseconds. */
  readonly since: number;
  readonly vhost: string;
  /** What it is in line with: its client, its stream. Of two events in one line the earlier comes first. */
  readonly lines: readonly string[];
  /** True for one that gives way before others. */
  readonly expendable?: boolean | undefined;
}

/** What became of an attempt: it is done with, or these backends have yet to take it, in `againMs` at the earliest. */
export type Outcome = 'done' | { readonly missing: ReadonlySet<string>; readonly againMs: number };

export interface QueueOptions {
  /**
   * Delivers an event to the backends that still lack it, except those in `barred`, which lack an earlier one; they are to
   * be among the missing. Must not reject.
   */
  deliver(seq: number, barred: ReadonlySet<string>, attempt: number): Promise<Outcome>;
  readonly maxRunning?: number;
}

type State =
  | 'held' // not to be delivered yet
  | 'new' // waits for those before it to be tried
  | 'ready' // waits for its vhost's turn
  | 'running'
  | 'pausing' // failed, and has a timer
  | 'barred'; // tried; lacks nothing but backends that lack an earlier event

interface Entry extends Ticket {
  state: State;
  attempts: number;
  missing: ReadonlySet<string>;
  timer: Timer | undefined;
  /** Who waits for the first attempt. */
  readonly watchers: (() => void)[];
}

interface Lane {
  running: number;
  readonly ready: Set<Entry>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * The turns of events. Those of one line come one after the other, each when those before it have been tried; a backend
 * that lacks an earlier event of the line is not given a later one. Lines go side by side, a bounded number at a time in
 * each vhost, so that the dead backend of one holds up no other.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #options: QueueOptions;
  readonly #maxRunning: number;
  /** The oldest first. */
  readonly #entries = new Map<number, Entry>();
  readonly #lines = new Map<string, Set<Entry>>();
  readonly #lanes = new Map<string, Lane>();
  readonly #restListeners = new Set<() => void>();
  /** Those that give way first, the oldest first. */
  readonly #expendable = new Set<Entry>();
  #busy = 0;
  #stopped = false;

  constructor(clock: Clock, options: QueueOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#maxRunning = options.maxRunning ?? MAX_DELIVERIES;
  }

  /** Events that are not done with. */
  get size(): number {
    return this.#entries.size;
  }

  /** Those of them that give way before others. */
  get expendable(): number {
    return this.#expendable.size;
  }

  /** True if no event is on its way or may go at once: all that are left wait for their repetition. */
  get resting(): boolean {
    return this.#busy === 0;
  }

  /** When the oldest event was told. */
  get oldest(): number | undefined {
    const [first] = this.#entries.values();
    return first?.since;
  }

  /** Takes an event; it is not delivered before `release`. Events come in the order of their `seq`. */
  add(ticket: Ticket): void {
    const entry: Entry = {
      ...ticket,
      state: 'held',
      attempts: 0,
      missing: NONE,
      timer: undefined,
      watchers: [],
    };
    this.#entries.set(entry.seq, entry);
    if (ticket.expendable) this.#expendable.add(entry);
    this.#busy++;
    for (const name of entry.lines) {
      const line = this.#lines.get(name) ?? new Set();
      this.#lines.set(name, line.add(entry));
    }
  }

  /** The event may be delivered from now on. */
  release(seq: number): void {
    const entry = this.#entries.get(seq);
    if (entry?.state !== 'held') return;
    entry.state = 'new';
    this.#makeReady(entry);
  }

  /** Forgets the oldest event that is not on its way, of those that give way first if there are any; says which. */
  dropOldest(): number | undefined {
    return this.dropExpendable() ?? this.#dropFirst(this.#entries.values());
  }

  /** Forgets the oldest event of those that give way first. */
  dropExpendable(): number | undefined {
    return this.#dropFirst(this.#expendable);
  }

  #dropFirst(entries: Iterable<Entry>): number | undefined {
    for (const entry of entries) {
      if (entry.state === 'running') continue;
      this.#remove(entry);
      return entry.seq;
    }
    return undefined;
  }

  /** Settles when all events that are in line now have been tried or are gone, or after `ms` milliseconds. */
  tried(line: string, ms: number): Promise<void> {
    const untried = Array.from(this.#lines.get(line) ?? []).filter(isUntried);
    if (untried.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      let left = untried.length;
      const watcher = () => {
        left--;
        if (left > 0) return;
        timer.clear();
        resolve();
      };
      for (const { watchers } of untried) watchers.push(watcher);
    });
  }

  /** Calls back whenever an event ends or begins to wait; returns how to stop that. */
  onRest(listener: () => void): () => void {
    this.#restListeners.add(listener);
    return () => this.#restListeners.delete(listener);
  }

  /** Begins nothing any more; what is on its way ends by itself. */
  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#entries.values()) timer?.clear();
    for (const lane of this.#lanes.values()) lane.ready.clear();
  }

  /** Events that are on their way. */
  get running(): number {
    return Array.from(this.#lanes.values()).reduce((sum, { running }) => sum + running, 0);
  }

  /** Lets an event run as soon as its vhost has room, if nothing in its lines comes first. */
  #makeReady(entry: Entry): boolean {
    if (this.#stopped || !this.#before(entry).every(({ state }) => state === 'pausing' || state === 'barred'))
      return false;
    entry.state = 'ready';
    const lane = this.#lanes.get(entry.vhost) ?? { running: 0, ready: new Set() };
    this.#lanes.set(entry.vhost, lane);
    lane.ready.add(entry);
    this.#pump(entry.vhost, lane);
    return true;
  }

  #pump(vhost: string, lane: Lane): void {
    while (lane.running < this.#maxRunning) {
      const [entry] = lane.ready;
      if (entry === undefined) break;
      lane.ready.delete(entry);
      void this.#run(lane, entry);
    }
    const unused = lane.running === 0 && lane.ready.size === 0;
    if (unused && this.#lanes.get(vhost) === lane) this.#lanes.delete(vhost);
  }

  async #run(lane: Lane, entry: Entry): Promise<void> {
    lane.running++;
    entry.state = 'running';
    entry.attempts++;
    const outcome = await this.#options.deliver(entry.seq, this.#barredBefore(entry), entry.attempts);
    lane.running--;
    if (outcome === 'done') this.#remove(entry);
    else this.#pause(entry, outcome.missing, outcome.againMs);
    this.#pump(entry.vhost, lane);
    for (const listener of [...this.#restListeners]) listener();
  }

  #pause(entry: Entry, missing: ReadonlySet<string>, ms: number): void {
    entry.missing = missing;
    this.#busy--;
    const barred = this.#barredBefore(entry);
    if (Array.from(missing).every((backend) => barred.has(backend))) {
      entry.state = 'barred';
    } else {
      entry.state = 'pausing';
      if (!this.#stopped) entry.timer = this.#clock.after(ms, () => this.#again(entry));
    }
    this.#notify(entry);
    for (const name of entry.lines) this.#advance(name);
  }

  /** A repetition does not wait for earlier events: it goes to other backends than theirs, or finds itself barred. */
  #again(entry: Entry): void {
    entry.timer = undefined;
    this.#busy++;
    entry.state = 'new';
    this.#makeReady(entry);
  }

  #remove(entry: Entry): void {
    entry.timer?.clear();
    this.#entries.delete(entry.seq);
    this.#expendable.delete(entry);
    this.#lanes.get(entry.vhost)?.ready.delete(entry);
    if (entry.state !== 'pausing' && entry.state !== 'barred') this.#busy--;
    for (const name of entry.lines) {
      const line = this.#lines.get(name);
      line?.delete(entry);
      if (line?.size === 0) this.#lines.delete(name);
    }
    this.#notify(entry);
    for (const name of entry.lines) this.#advance(name);
  }

  #notify({ watchers }: Entry): void {
    for (const watcher of watchers.splice(0)) watcher();
  }

  /** Gives the first event of a line its turn that waits for nothing but the end of an earlier one's. */
  #advance(name: string): void {
    const barred = new Set<string>();
    for (const entry of this.#lines.get(name) ?? []) {
      if (entry.state === 'new') {
        this.#makeReady(entry);
        return;
      }
      if (entry.state === 'barred' && !isSubset(entry.missing, barred) && this.#unbar(entry)) return;
      if (entry.state !== 'pausing' && entry.state !== 'barred') return;
      for (const backend of entry.missing) barred.add(backend);
    }
  }

  #unbar(entry: Entry): boolean {
    if (isSubset(entry.missing, this.#barredBefore(entry))) return false;
    this.#again(entry);
    return true;
  }

  #before(entry: Entry): Entry[] {
    return entry.lines.flatMap((name) => {
      const earlier: Entry[] = [];
      for (const other of this.#lines.get(name) ?? []) {
        if (other === entry) break;
        earlier.push(other);
      }
      return earlier;
    });
  }

  #barredBefore(entry: Entry): ReadonlySet<string> {
    const earlier = this.#before(entry);
    return earlier.length === 0 ? NONE : new Set(earlier.flatMap(({ missing }) => Array.from(missing)));
  }
}

function isUntried({ state, attempts }: Entry): boolean {
  return attempts === 0 || (attempts === 1 && state === 'running');
}

function isSubset(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return Array.from(some).every((item) => others.has(item));
}
