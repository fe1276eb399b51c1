import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../../model/clock.ts';
import { type Change, type Key, nameOf, partsOf, type RecordName, type Table } from './record-line.ts';
import { type Damage, RecordLog, STORE_RETRY_MS } from './record-log.ts';

/** Time from one commit to the next while clients come in a burst, in milliseconds. */
const COMMIT_PAUSE_MS = 10;

/** Changes in one commit from which on clients come in a burst. */
const BURST = 8;

/** A record that is not on the disk after this time counts as one that cannot be written, in milliseconds. */
const COMMIT_TIMEOUT_MS = 2_000;

type Changes = Map<RecordName, Change>;
type Waiting = (saved: boolean) => void;

/** What a store tells of its disk. */
export interface StoreEvents {
  /** It takes no records; they stay in memory meanwhile. Said once until `recovered`. */
  failed(why: string): void;
  recovered(): void;
  /** Records were found that cannot be read. */
  damaged(damage: Damage): void;
  /** A store of an earlier version is there, which cannot be read; its file has been renamed. */
  outdated(file: string, movedTo: string): void;
}

/**
 * Records on the disk, or in memory only. What is changed in one turn is committed together, off the event loop; what
 * cannot be committed stays in memory and is tried again. Reads see every change at once.
 */
export class Store {
  readonly #clock: Clock;
  readonly #events: StoreEvents;
  #log: RecordLog | undefined;
  /** What was there at the beginning, until somebody takes it. */
  #left: ReadonlyMap<RecordName, string> = new Map();
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
    if (directory === undefined) return;
    try {
      const { log, records } = RecordLog.open(join(directory, 'outbox'), clock, events.damaged);
      this.#log = log;
      this.#left = records;
      putOutdatedAway(directory, events);
    } catch (error) {
      throw new Error(
        `the outbox cannot be kept in ${directory}: ${(error as Error).message}. ` +
          'Make room or set state_dir to a directory that can be written; "outbox { enabled off; }" keeps it in memory.',
        { cause: error },
      );
    }
  }

  /** True while every change gets to the disk. */
  get onDisk(): boolean {
    return this.#log !== undefined && this.#healthy;
  }

  /** True while changes are kept as durably as they are meant to be: on the disk, or in memory if that was asked for. */
  get healthy(): boolean {
    return this.#healthy;
  }

  /** False if what is kept ends with the process. */
  get persistent(): boolean {
    return this.#log !== undefined;
  }

  put(table: Table, key: Key, value: unknown): void {
    this.#change({ name: nameOf(table, key), json: JSON.stringify(value) });
  }

  remove(table: Table, key: Key): void {
    const name = nameOf(table, key);
    const isWritten = this.#flying.has(name) || this.#log?.has(name) || this.#log?.torn;
    // What never got to the disk need not be taken from there.
    if (isWritten) this.#change({ name, json: undefined });
    else this.#changes.delete(name);
  }

  get(table: Table, key: Key): unknown {
    const name = nameOf(table, key);
    const change = this.#changes.get(name) ?? this.#flying.get(name);
    const json = change ? change.json : this.#log?.read(name);
    return json === undefined ? undefined : JSON.parse(json);
  }

  /** What was on the disk at the beginning, by table and key; once, for it is not kept. */
  takeLeft(): readonly { readonly table: string; readonly key: string; readonly value: unknown }[] {
    const left = Array.from(this.#left, ([name, json]) => {
      const [table, key] = partsOf(name);
      return { table, key, value: JSON.parse(json) as unknown };
    });
    this.#left = new Map();
    return left;
  }

  /** Settles when all changes so far are on the disk: false if they are not, or not in time. At once in memory. */
  saved(): Promise<boolean> {
    if (!this.#log) return Promise.resolve(true);
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

  /** Writes what is left and closes the files. What is changed later is forgotten. */
  async close(): Promise<void> {
    this.#retry?.clear();
    this.#retry = undefined;
    await this.#committing;
    if (this.#changes.size > 0) await this.#commit();
    const log = this.#log;
    this.#log = undefined;
    await log?.close();
  }

  #change(change: Change): void {
    // The latest change of a record is committed with those of its turn.
    this.#changes.delete(change.name);
    this.#changes.set(change.name, change);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#log || this.#scheduled || this.#committing || this.#retry) return;
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
    const log = this.#log;
    if (!log) return;
    this.#landing = this.#waiting.splice(0);
    this.#flying = this.#changes;
    if (this.#flying.size >= BURST) this.#pauseEnds = this.#clock.now() + COMMIT_PAUSE_MS;
    this.#changes = new Map();
    const why = await reasonOf(log.append(this.#flying.values()));
    if (why !== undefined) this.#changes = new Map([...this.#flying, ...this.#changes]);
    this.#flying = new Map();
    for (const resolve of this.#landing.splice(0)) resolve(why === undefined);
    if (why === undefined) await log.tidy();
    this.#committing = undefined;
    this.#note(why);
    if (why === undefined && this.#changes.size > 0) this.#schedule();
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

/** Why something failed, in the words of the system; undefined if it did not. */
async function reasonOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Versions before 0.2 kept their records in another way. */
function putOutdatedAway(directory: string, { outdated }: StoreEvents): void {
  const file = join(directory, 'outbox.mdb');
  if (!existsSync(file)) return;
  const movedTo = `${file}.old`;
  renameSync(file, movedTo);
  rmSync(`${file}-lock`, { force: true });
  outdated(file, movedTo);
}
