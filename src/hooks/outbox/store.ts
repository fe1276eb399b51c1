import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import type { Clock, Timer } from '../../model/clock.ts';
import { BURST, COMMIT_PAUSE_MS, COMMIT_TIMEOUT_MS, STORE_RETRY_MS } from './limits.ts';

/** What is kept: openings by id, events by sequence number, runs of the server by `service_id`. */
export type Table = 'open' | 'events' | 'runs';
export type Key = string | number;

/** LMDB takes 12 MB, which servers without hooks need not have. */
const loadLmdb = (): typeof import('lmdb') => createRequire(import.meta.url)('lmdb') as typeof import('lmdb');

const TABLES: readonly Table[] = ['open', 'events', 'runs'];

/** A file that is written to see whether there is room; enough for LMDB's first pages, without which it dies of a signal. */
const PROBE = 'outbox.probe';
const PROBE_BYTES = 262_144;

/** A value that is not on the disk yet, as JSON; without bytes, a key that is to go. */
interface Change {
  readonly table: Table;
  readonly key: Key;
  readonly bytes: Buffer | undefined;
}

type Changes = Map<string, Change>;
type Waiting = (saved: boolean) => void;

interface Disk {
  readonly directory: string;
  readonly root: RootDatabase<Buffer, Key>;
  readonly tables: Readonly<Record<Table, Database<Buffer, Key>>>;
}

/** What a store tells of its disk. */
export interface StoreEvents {
  /** It takes no records; they stay in memory meanwhile. Said once until `recovered`. */
  failed(why: string): void;
  recovered(): void;
}

/**
 * Records on the disk, or in memory only. What is changed in one turn is committed together and atomically, off the event
 * loop; what cannot be committed stays in memory and is tried again. Reads see every change at once.
 */
export class Store {
  readonly #clock: Clock;
  readonly #events: StoreEvents;
  #disk: Disk | undefined;
  /** Changes for the next commit; all that there is where there is no disk. */
  #changes: Changes = new Map();
  /** Changes whose commit is under way. */
  #flying: Changes = new Map();
  /** Who waits for the next commit, and who for the one under way. */
  #waiting: Waiting[] = [];
  #landing: Waiting[] = [];
  #scheduled = false;
  /** Until when the next commit waits for company. */
  #pauseEnds = Number.NEGATIVE_INFINITY;
  #committing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #healthy = true;

  /** Throws a sentence if there is no such directory to be had, or no store to be opened in it. */
  constructor(directory: string | undefined, clock: Clock, events: StoreEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#disk = directory === undefined ? undefined : openDisk(directory);
  }

  /** True while every change gets to the disk. */
  get onDisk(): boolean {
    return this.#disk !== undefined && this.#healthy;
  }

  /** True while changes are kept as durably as they are meant to be: on the disk, or in memory if that was asked for. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** False if what is kept ends with the process. */
  get persistent(): boolean {
    return this.#disk !== undefined;
  }

  put(table: Table, key: Key, value: unknown): void {
    this.#change({ table, key, bytes: Buffer.from(JSON.stringify(value)) });
  }

  remove(table: Table, key: Key): void {
    const name = nameOf(table, key);
    // What never got to the disk need not be taken from there.
    if (!this.#flying.has(name) && !this.#disk?.tables[table].doesExist(key)) this.#changes.delete(name);
    else this.#change({ table, key, bytes: undefined });
  }

  get(table: Table, key: Key): unknown {
    const name = nameOf(table, key);
    const change = this.#changes.get(name) ?? this.#flying.get(name);
    return parse(change ? change.bytes : this.#disk?.tables[table].get(key));
  }

  /** All that a table has on the disk, in the order of the keys. */
  *entries(table: Table): Iterable<readonly [Key, unknown]> {
    const range = this.#disk?.tables[table].getRange() ?? [];
    for (const { key, value } of range) yield [key, parse(value)];
  }

  /** Settles when all changes so far are on the disk: false if they are not, or not in time. At once in memory. */
  saved(): Promise<boolean> {
    if (!this.#disk) return Promise.resolve(true);
    if (!this.#healthy) return Promise.resolve(false);
    if (this.#changes.size === 0 && this.#flying.size === 0) return Promise.resolve(true);
    const queue = this.#changes.size > 0 ? this.#waiting : this.#landing;
    return new Promise((resolve) => {
      const timer = this.#clock.after(COMMIT_TIMEOUT_MS, () => resolve(false));
      queue.push((saved) => {
        timer.clear();
        resolve(saved);
      });
    });
  }

  /** Writes what is left and closes the file. What is changed later is forgotten. */
  async close(): Promise<void> {
    this.#retry?.clear();
    this.#retry = undefined;
    await this.#committing;
    if (this.#changes.size > 0) await this.#commit();
    const disk = this.#disk;
    this.#disk = undefined;
    await disk?.root.close();
  }

  #change(change: Change): void {
    const name = nameOf(change.table, change.key);
    // The latest change of a key is committed with those of its turn.
    this.#changes.delete(name);
    this.#changes.set(name, change);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#disk || this.#scheduled || this.#committing || this.#retry) return;
    this.#scheduled = true;
    const commit = () => {
      this.#scheduled = false;
      if (!this.#committing && !this.#retry) this.#committing = this.#commit();
    };
    const pause = this.#pauseEnds - this.#clock.now();
    if (pause > 0) this.#clock.after(pause, commit);
    else this.#clock.endOfTurn(commit);
  }

  async #commit(): Promise<void> {
    const disk = this.#disk;
    if (!disk) return;
    this.#landing = this.#waiting.splice(0);
    this.#flying = this.#changes;
    if (this.#flying.size >= BURST) this.#pauseEnds = this.#clock.now() + COMMIT_PAUSE_MS;
    this.#changes = new Map();
    const why = (this.#healthy ? undefined : await roomless(disk)) ?? (await this.#write(disk));
    if (why !== undefined) this.#changes = new Map([...this.#flying, ...this.#changes]);
    this.#flying = new Map();
    this.#committing = undefined;
    this.#note(why);
    for (const resolve of this.#landing.splice(0)) resolve(why === undefined);
    if (why === undefined && this.#changes.size > 0) this.#schedule();
  }

  /** Commits all changes that fly, or none; says why if it was none. */
  async #write({ root, tables }: Disk): Promise<string | undefined> {
    try {
      await root.batch(() => {
        // Without `eventTurnBatching` nothing of this is committed before the callback has returned.
        for (const { table, key, bytes } of this.#flying.values()) {
          if (bytes === undefined) void tables[table].remove(key);
          else void tables[table].put(key, bytes);
        }
      });
      return undefined;
    } catch (error) {
      return sentence(await this.#reasonOf(error));
    }
  }

  /** lmdb puts the reason in a promise beside the error, which rejects unheard if nobody listens. */
  #reasonOf(error: unknown): Promise<unknown> {
    const { commitError } = error as { commitError?: Promise<never> };
    return new Promise((resolve) => {
      const timer = this.#clock.after(COMMIT_TIMEOUT_MS, () => resolve(error));
      const settle = (reason: unknown) => {
        timer.clear();
        resolve(reason);
      };
      void Promise.resolve(commitError).then(() => settle(error), settle);
    });
  }

  #note(why: string | undefined): void {
    if (why === undefined) {
      if (!this.#healthy) this.#events.recovered();
      this.#healthy = true;
      return;
    }
    if (this.#healthy) this.#events.failed(why);
    this.#healthy = false;
    for (const resolve of this.#waiting.splice(0)) resolve(false);
    this.#retry = this.#clock.after(STORE_RETRY_MS, () => {
      this.#retry = undefined;
      if (!this.#committing) this.#committing = this.#commit();
    });
  }
}

function nameOf(table: Table, key: Key): string {
  return `${table} ${key}`;
}

function parse(bytes: Buffer | undefined): unknown {
  return bytes === undefined ? undefined : JSON.parse(bytes.toString());
}

/** What the system says, without lmdb's notes on pages. */
function sentence(error: unknown): string {
  return (error as Error).message.replace(/: Attempting to write.*/, '');
}

function openDisk(directory: string): Disk {
  const file = join(directory, 'outbox.mdb');
  const refuse = (what: string, error: unknown): never => {
    throw new Error(
      `the outbox cannot be kept in ${directory}: ${what}: ${sentence(error)}. ` +
        'Make room or set state_dir to a directory that can be written; "outbox { enabled off; }" keeps it in memory.',
      { cause: error },
    );
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!existsSync(`${file}-lock`)) {
      try {
        writeFileSync(join(directory, PROBE), Buffer.alloc(PROBE_BYTES));
      } finally {
        rmSync(join(directory, PROBE), { force: true });
      }
    }
  } catch (error) {
    return refuse('it cannot be written', error);
  }
  try {
    const root = loadLmdb().open<Buffer, Key>({ path: file, encoding: 'binary', eventTurnBatching: false });
    // It knows the users' tokens.
    for (const name of [file, `${file}-lock`]) chmodSync(name, 0o600);
    const tables = Object.fromEntries(
      TABLES.map((name) => [name, root.openDB({ name, encoding: 'binary' })]),
    );
    return { directory, root, tables: tables as Disk['tables'] };
  } catch (error) {
    return refuse(`${file} cannot be opened`, error);
  }
}

/** Says why there is no room to speak of. Few bytes may fit in where the next ones would not. */
async function roomless({ directory }: Disk): Promise<string | undefined> {
  const file = join(directory, PROBE);
  try {
    await writeFile(file, Buffer.alloc(PROBE_BYTES));
    return undefined;
  } catch (error) {
    return sentence(error);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
