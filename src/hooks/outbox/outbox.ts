import type { Clock, Timer } from '../../model/clock.ts';
import type { OutboxStats } from '../../model/control.ts';
import { CLOSING_OF, type EventRecorder, type Opening, type Recorded } from '../../model/event-recorder.ts';
import type { ClosingEvent, EmittedEvent, PersistedEvent, ServerIds, Stamp } from '../../model/events.ts';
import { ThrottledWarnings } from '../../model/log-throttle.ts';
import type { Logger } from '../../model/logger.ts';
import type { HookSchema, OutboxOptions } from '../../model/options.ts';
import { formatStreamKey, type StreamKey } from '../../model/stream-key.ts';
import { describe } from '../deps.ts';
import type { Stamped, Stamper, ToldEvent } from '../event.ts';
import type { HookClient } from '../hook-client.ts';
import { DeliveryWorker } from './delivery-worker.ts';
import type { HookRouting } from './hook-routing.ts';
import { Queue } from './queue.ts';
import type { Table } from './record-line.ts';
import {
  type Addresses,
  bodiesOf,
  type EventRecord,
  headOf,
  inClosingOrder,
  type OpenRecord,
  restartEvent,
  type TimeRecord,
} from './records.ts';
import type { SteadyTime } from './steady-time.ts';
import type { Store } from './store.ts';

/** Events about segments that wait for their backends at most; over it the oldest goes, before any other event does. */
const MAX_SEGMENT_EVENTS = 5_000;

/** How often a run writes down what time it is: how exactly a crash can be dated, in milliseconds. */
const ALIVE_INTERVAL_MS = 10_000;

/** What the outbox needs of the hooks. */
export interface OutboxDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hookClient: HookClient;
  readonly stamper: Stamper;
  readonly store: Store;
  /** This run of the server. */
  readonly server: ServerIds;
  readonly options: OutboxOptions;
  readonly time: SteadyTime;
  readonly directory: HookRouting;
}

/** What became of events of a stopping server. */
export interface DrainReport {
  /** Taken by every one of their URLs while the server was waiting. */
  readonly delivered: number;
  /** Still there at the end: they wait for the next start, or are lost if they are kept in memory. */
  readonly left: number;
}

const NO_DISK = 'the disk does not take its records';
const FULL = 'The server cannot keep its records: it takes no new clients.';

/**
 * What clients have open and what backends have yet to hear, on the disk. Openings are recorded before the backend is
 * asked; closing events replace them and go to the backends until each has them, also after a restart.
 */
export class Outbox implements EventRecorder {
  readonly #deps: OutboxDeps;
  readonly #store: Store;
  readonly #queue: Queue;
  readonly #deliveryWorker: DeliveryWorker;
  readonly #trouble: ThrottledWarnings;
  /** What each client of this run has open, by what names it in its events. */
  readonly #open = new Map<string, { readonly id: string; readonly owner: string }>();
  #options: OutboxOptions;
  #dropped = 0;
  #timer: Timer | undefined;
  /** The last sequence number that was written down. */
  #notedSeq = 0;
  #closed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#store = deps.store;
    this.#options = deps.options;
    this.#trouble = new ThrottledWarnings(deps.clock, deps.logger);
    this.#deliveryWorker = new DeliveryWorker({ ...deps, options: () => this.#options });
    this.#queue = new Queue(deps.clock, {
      deliver: (seq, barred, attempt) => this.#deliveryWorker.deliver(seq, barred, attempt),
    });
  }

  get stats(): OutboxStats {
    const { size, oldest } = this.#queue;
    return {
      events: size,
      oldestMs: oldest === undefined ? 0 : Math.max(0, this.#deps.time.now() - oldest),
      dropped: this.#dropped,
      givenUp: this.#deliveryWorker.givenUp,
      onDisk: this.#store.onDisk,
    };
  }

  /** Applies bounds and times of a new configuration; where it is kept is decided at the start. */
  applyOptions(options: OutboxOptions): void {
    this.#options = options;
  }

  /**
   * Takes up what earlier runs left: what their clients had open has ended, and goes out with all that was not delivered,
   * before anything newer of the same stream.
   */
  recover(): void {
    const { logger, time, stamper } = this.#deps;
    const left = this.#store.takeLeft();
    const valuesOf = <T>(table: Table) =>
      left.filter((record) => record.table === table).map(({ key, value }) => ({ key, ...(value as T) }));
    const [last] = valuesOf<TimeRecord>('time');
    if (last) {
      time.resume(last);
      // As much as may have been given out since that was written.
      stamper.follow(last.seq + 2 * ALIVE_INTERVAL_MS * 1000);
    }
    const waiting = valuesOf<EventRecord>('events').sort(
      (one, other) => one.event.stamp.seq - other.event.stamp.seq,
    );
    for (const { key, ...record } of waiting) {
      stamper.follow(record.event.stamp.seq);
      this.#enqueue(record);
      this.#queue.release(record.event.stamp.seq);
    }
    const told = new Set(waiting.map(({ event }) => event.stamp.id));
    const unclosed = valuesOf<OpenRecord>('open');
    const aliveAt = Math.max(last?.ms ?? 0, ...unclosed.map(({ since }) => since));
    for (const { key: id, ...record } of inClosingOrder(unclosed)) {
      // A write that was cut off between the two, and what nobody was asked about.
      if (told.has(id) || record.waits) this.#store.remove('open', id);
      else this.#end(id, record, restartEvent(record, aliveAt));
    }
    if (left.length > (last ? 1 : 0))
      logger.warn(
        { waiting: waiting.length, unclosed: unclosed.length },
        'delivering events of an earlier run',
      );
    if (this.#store.persistent) this.#keepTime();
  }

  async open({ id, event, schema, patienceMs }: Opening, owner = ''): Promise<Recorded> {
    const refusing = this.#options.whenFull === 'refuse_clients';
    const lack = refusing ? this.#lack() : undefined;
    if (lack !== undefined) return this.#refuse(lack);
    const { server, stamper, time, directory } = this.#deps;
    const closing = CLOSING_OF[event.action];
    const record: OpenRecord = {
      event,
      stream: event.stream,
      since: time.now(),
      run: server,
      owner,
      schema,
      urls: directory.urlsOf(event.vhost, closing),
    };
    this.#store.put('open', id, record);
    this.#open.set(nameOf(closing, event), { id, owner });
    if (!(await this.#store.saved())) {
      if (refusing) {
        this.withdraw(id);
        return this.#refuse(NO_DISK);
      }
      this.#trouble.warn('memory', {}, 'outbox not on disk, events are lost if the server dies');
    }
    if (event.action === 'on_publish') await this.#queue.tried(streamLine(event), patienceMs);
    return { ok: true, seq: stamper.last };
  }

  wait(id: string): void {
    const record = this.#opened(id);
    if (record) this.#store.put('open', id, { ...record, waits: true });
  }

  async resume(id: string): Promise<void> {
    const record = this.#opened(id);
    if (!record) return;
    this.#store.put('open', id, { ...record, waits: false });
    await this.#store.saved();
  }

  rename(id: string, stream: string): void {
    const record = this.#opened(id);
    if (record) this.#store.put('open', id, { ...record, event: { ...record.event, stream } });
  }

  withdraw(id: string): void {
    const record = this.#opened(id);
    if (!record) return;
    this.#open.delete(nameOf(CLOSING_OF[record.event.action], record.event));
    this.#store.remove('open', id);
  }

  emit(event: EmittedEvent, schema: HookSchema): void {
    const id = this.#open.get(nameOf(event.action, event))?.id;
    const record = id === undefined ? undefined : this.#opened(id);
    if (id !== undefined && record && 'reason' in event) this.#end(id, record, event);
    else this.#keep(this.#deps.stamper.stamp(event), this.#addressesOf(event, schema));
  }

  stamp(id: string): Promise<Stamp> {
    return Promise.resolve(this.#deps.stamper.next(id));
  }

  emitDurably(event: PersistedEvent, schema: HookSchema): Promise<boolean> {
    const { stamp, server } = event.seal;
    this.#deps.stamper.follow(stamp.seq);
    if (!this.#store.get('events', stamp.seq))
      this.#keep({ ...event, stamp }, this.#addressesOf(event, schema), { run: server });
    return this.#store.saved();
  }

  /** A worker process is no more: tells the end of all that it had open, and returns how many clients that concerned. */
  abandon(owner: string): number {
    const left = [...this.#open.values()]
      .filter((open) => open.owner === owner)
      .map(({ id }) => ({ id, ...(this.#store.get('open', id) as OpenRecord) }));
    for (const { id, ...record } of inClosingOrder(left)) {
      if (record.waits) this.withdraw(id);
      else this.#end(id, record, restartEvent(record, this.#deps.time.now()));
    }
    return new Set(left.map(({ event }) => event.client.number)).size;
  }

  /** Waits until all has been delivered, or what can be for now if the rest is on the disk; `timeoutMs` at most. */
  async drain(timeoutMs: number): Promise<DrainReport> {
    const { arrived } = this.#deliveryWorker;
    if (!this.#atRest()) await this.#rest(timeoutMs);
    const delivered = this.#deliveryWorker.arrived - arrived;
    const left = this.#queue.size;
    if (left > 0 && this.#store.onDisk)
      this.#deps.logger.warn({ delivered, left }, 'undelivered events kept for the next start');
    else if (left > 0) this.#deps.logger.warn({ delivered, left }, 'events lost while stopping');
    return { delivered, left };
  }

  /** Aborts what is on its way and closes the store. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.clear();
    this.#queue.stop();
    const idle = new Promise<void>((resolve) => {
      const check = () => this.#queue.running === 0 && resolve();
      this.#queue.onRest(check);
      check();
    });
    this.#deliveryWorker.close();
    this.#trouble.flush();
    await idle;
    // What was never taken up is not to be aged by us.
    if (this.#timer) this.#noteTime();
    await this.#store.close();
  }

  #opened(id: string): OpenRecord | undefined {
    return this.#store.get('open', id) as OpenRecord | undefined;
  }

  /** An opening has ended: its record becomes the closing event, which has its id. */
  #end(id: string, record: OpenRecord, event: ClosingEvent): void {
    this.#open.delete(nameOf(event.action, event));
    const { stream, run, schema, urls } = record;
    this.#keep(this.#deps.stamper.stamp(event, id), { schema, urls }, { run, stream });
    this.#store.remove('open', id);
  }

  #addressesOf({ vhost, action }: ToldEvent, schema: HookSchema): Addresses {
    return { schema, urls: this.#deps.directory.urlsOf(vhost, action) };
  }

  #keep(
    event: Stamped<ToldEvent>,
    addresses: Addresses,
    origin: Pick<OpenRecord, 'run'> & Partial<Pick<OpenRecord, 'stream'>> = { run: this.#deps.server },
  ): void {
    if (this.#closed) {
      this.#deps.logger.warn(describe(event), 'event lost, server stopped');
      return;
    }
    const { seq } = event.stamp;
    const { run, stream } = origin;
    const record: EventRecord = {
      event: headOf(event),
      bodies: bodiesOf(event, addresses.schema, run),
      since: this.#deps.time.now(),
      service: run.serviceId,
      stream,
      ...addresses,
      taken: [],
    };
    this.#store.put('events', seq, record);
    this.#enqueue(record);
    // Sent when it is on the disk, so that what a backend has heard is never told again under another name.
    void this.#store.saved().then(() => this.#queue.release(seq));
    if (this.#queue.expendable > MAX_SEGMENT_EVENTS) this.#forget(this.#queue.dropExpendable());
    if (this.#queue.size > this.#options.maxEvents && this.#options.whenFull === 'drop_oldest')
      this.#forget(this.#queue.dropOldest());
  }

  #enqueue({ event, service, stream, since }: EventRecord): void {
    const { action, vhost, stamp } = event;
    const lines = [lineOf(event, service)];
    if (action === 'on_unpublish') lines.push(streamLine({ ...event, stream: stream ?? event.stream }));
    this.#queue.add({ seq: stamp.seq, since, vhost, lines, expendable: action === 'on_hls' });
  }

  /** Why there is no room for what a newcomer would cause. */
  #lack(): string | undefined {
    if (!this.#store.healthy) return NO_DISK;
    return this.#queue.size >= this.#options.maxEvents
      ? 'too many events wait for their backends'
      : undefined;
  }

  #refuse(why: string): Recorded {
    this.#trouble.warn('refused', { why }, 'outbox full, clients refused');
    return { ok: false, message: FULL };
  }

  #forget(seq: number | undefined): void {
    if (seq === undefined) return;
    this.#store.remove('events', seq);
    this.#dropped++;
    this.#trouble.warn(
      'dropped',
      { max: this.#options.maxEvents, maxSegments: MAX_SEGMENT_EVENTS },
      'event queue full, events dropped',
    );
  }

  #atRest(): boolean {
    return this.#queue.size === 0 || (this.#store.onDisk && this.#queue.resting);
  }

  #rest(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.clear();
        stop();
        resolve();
      };
      const stop = this.#queue.onRest(() => this.#atRest() && end());
      const timer = this.#deps.clock.after(timeoutMs, end);
    });
  }

  /** Writes down now and then what time it is, so that a later run knows how old everything is. */
  #keepTime(): void {
    const isIdle = this.#open.size === 0 && this.#queue.size === 0;
    if (!isIdle || this.#deps.stamper.last > this.#notedSeq) this.#noteTime();
    this.#timer = this.#deps.clock.after(ALIVE_INTERVAL_MS, () => this.#keepTime());
  }

  #noteTime(): void {
    const { time, stamper } = this.#deps;
    this.#notedSeq = stamper.last;
    this.#store.put('time', 'now', { ...time.moment(), seq: stamper.last } satisfies TimeRecord);
  }
}

/** What names an opening in the events of its client. */
function nameOf(
  closing: string,
  event: { readonly client?: { readonly number: number }; readonly opening?: number | undefined },
): string {
  return `${event.client?.number} ${event.opening} ${closing}`;
}

/** Segments have a line of their own: a backend that is slow to take them does not hold up the end of their publisher. */
function lineOf(event: EventRecord['event'], service: string): string {
  if (event.action === 'on_hls') return `segments ${formatStreamKey(event)}`;
  return event.client ? `client ${service} ${event.client.number}` : `notice ${formatStreamKey(event)}`;
}

/** The line in which the ends of a stream's publishes are, and its next question behind them. */
function streamLine(key: StreamKey): string {
  return `stream ${formatStreamKey(key)}`;
}
