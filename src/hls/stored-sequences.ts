import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import { readSmallFile } from '../model/read-bounded-file.ts';
import type { PlaylistSequences, SequenceStart } from '../model/shared-state.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';

/** The highest number that is believed of that file: some players take no higher one. */
const MAX_STORED_SEQUENCE = 2_000_000_000;

/** Bytes of the file that keeps the sequence numbers over a restart. */
const MAX_SEQUENCE_FILE_BYTES = 4_096;

/** Streams of which the discontinuity sequence is known; those that were not published for longest begin above all others. */
const MAX_NUMBERED_STREAMS = 10_000;

/** Name of the file in the state directory. */
const FILE = 'hls-sequences.json';
/** A start finds a higher discontinuity sequence than one this long before it, also without the file. */
const STEP_MS = 600_000;
/** Moment from which these steps are counted: hls.js takes time for each number below the one that it is given. */
const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Content of the file. */
interface Saved {
  /** The highest that any stream has had. */
  readonly discontinuitySequence: number;
  /** Unix time, in seconds: media sequences begin with it. */
  readonly mediaSequence: number;
}

/** Start of the numbers of a run. */
interface Start {
  readonly unixMs: number;
  /** The monotonic time of it, in milliseconds. */
  readonly at: number;
  /** Discontinuity sequences of streams that are not known yet are higher. */
  floor: number;
}

/** Dependencies of these numbers. */
export interface SequenceDeps {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

/**
 * The numbers of all streams of a server. Where they began in the run before is kept in `state_dir`, so that a clock that
 * was set back and a restart within a step change nothing; where that cannot be read or written, the clock alone counts.
 */
export class StoredSequences implements PlaylistSequences {
  readonly #deps: SequenceDeps;
  /** Discontinuity sequences by stream. */
  readonly #last = new LRUCache<string, number>({
    max: MAX_NUMBERED_STREAMS,
    dispose: (number, _name, reason) => {
      if (reason === 'evict' && this.#start) this.#start.floor = Math.max(this.#start.floor, number);
    },
  });
  /** Start of this run; undefined until the first stream has asked. */
  #start: Start | undefined;
  #highest = 0;
  #saving: 'no' | 'now' | 'again' = 'no';
  #saved: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(deps: SequenceDeps) {
    this.#deps = deps;
  }

  async next(key: StreamKey, mediaSequence: number): Promise<SequenceStart> {
    this.#start ??= this.#startRun();
    const name = formatStreamKey(key);
    const discontinuitySequence = Math.max(this.#last.get(name) ?? 0, this.#start.floor) + 1;
    this.#last.set(name, discontinuitySequence);
    this.#highest = Math.max(this.#highest, discontinuitySequence);
    this.#requestSave();
    return { discontinuitySequence, mediaSequence: Math.max(mediaSequence, this.#seconds(this.#start)) };
  }

  flush(): Promise<void> {
    return this.#saved;
  }

  #startRun(): Start {
    const { now = Date.now, clock } = this.#deps;
    const saved = this.#load();
    const unixMs = Math.max(now(), saved.mediaSequence * 1000);
    const byClock = Math.max(0, Math.floor((now() - EPOCH_MS) / STEP_MS));
    return { unixMs, at: clock.now(), floor: Math.max(byClock, saved.discontinuitySequence) };
  }

  /** Unix time of this run in seconds, whatever becomes of the clock meanwhile. */
  #seconds({ unixMs, at }: Start): number {
    return Math.floor((unixMs + this.#deps.clock.now() - at) / 1000);
  }

  get #file(): string {
    return join(this.#deps.stateDir, FILE);
  }

  /** Numbers of an earlier run; zeros if they are of no use. */
  #load(): Saved {
    try {
      const saved = JSON.parse(readSmallFile(this.#file, MAX_SEQUENCE_FILE_BYTES)) as Partial<Saved> | null;
      const read = (value: unknown) =>
        typeof value === 'number' && value >= 0 && value <= MAX_STORED_SEQUENCE ? Math.floor(value) : 0;
      return {
        discontinuitySequence: read(saved?.discontinuitySequence),
        mediaSequence: read(saved?.mediaSequence),
      };
    } catch {
      return { discontinuitySequence: 0, mediaSequence: 0 };
    }
  }

  /** Writes the file in the background, once for all that asked meanwhile. */
  #requestSave(): void {
    if (this.#saving === 'no') this.#saved = this.#save();
    else this.#saving = 'again';
  }

  async #save(): Promise<void> {
    do {
      this.#saving = 'now';
      await this.#write();
    } while ((this.#saving as string) === 'again');
    this.#saving = 'no';
  }

  async #write(): Promise<void> {
    const { stateDir, log } = this.#deps;
    if (!this.#start) return;
    const saved: Saved = {
      discontinuitySequence: this.#highest,
      mediaSequence: this.#seconds(this.#start),
    };
    try {
      await mkdir(stateDir, { recursive: true });
      await writeFile(`${this.#file}.tmp`, `${JSON.stringify(saved)}\n`);
      await rename(`${this.#file}.tmp`, this.#file);
      this.#failed = false;
    } catch (error) {
      if (!this.#failed)
        log.warn({ file: this.#file, reason: (error as Error).message }, 'HLS sequence numbers not saved');
      this.#failed = true;
    }
  }
}
