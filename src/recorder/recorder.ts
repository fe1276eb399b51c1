import type { Gate } from '../model/authorization.ts';
import type { Clock, Deadline } from '../model/clock.ts';
import type { ServerIds, Stamp } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { MediaSource } from '../model/media.ts';
import type { VhostOptions } from '../model/options.ts';
import type { RecordingPath } from '../model/path-template.ts';
import { changeBy, type PreparedChange } from '../model/prepared-change.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import { loadMediabunny, type Mediabunny } from '../remux/load-mediabunny.ts';
import { FileSequence, type FileSequenceDeps } from './file-sequence.ts';
import { Disk } from './file-writer.ts';
import { FlvRecording } from './flv-recording.ts';
import { Journal } from './journal.ts';
import { Mp4Recording, Turns } from './mp4-recording.ts';
import { finishEntry, repairLeft, UnfinishedFiles } from './repair-left.ts';

/** Dependencies of the recorder. */
export interface RecorderDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stateDir: string;
  readonly server: ServerIds;
  /** Names this process among all that keep a journal in the state directory; no slash and no dot. */
  readonly owner: string;
  /** The stamp for the event with this id. */
  stamp(id: string): Promise<Stamp>;
}

/** Records what is published in this process. */
export class Recorder {
  readonly #deps: RecorderDeps;
  readonly #disk = new Disk();
  readonly #turns: Turns;
  readonly #journal: Journal;
  readonly #unfinished: UnfinishedFiles;
  readonly #running = new Set<Promise<void>>();
  /** Files of live streams, by stream. */
  readonly #rows = new Map<string, FileSequence[]>();
  #gate: Gate | undefined;
  #bunny: Mediabunny | undefined;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#turns = new Turns(deps.clock);
    this.#journal = new Journal(deps.stateDir);
    this.#unfinished = new UnfinishedFiles(deps.clock, async (entry, reason) => {
      if (this.#gate) await finishEntry(entry, reason, this.#fileDeps(this.#gate));
    });
  }

  /** Files that begin from now on, and those that others have left, are told to this gate. */
  applyGate(gate: Gate): void {
    this.#gate = gate;
  }

  /** Gets ready for the publishes of these vhosts: files that begin after the commit are told to `gate`. */
  async prepare(vhosts: Iterable<VhostOptions>, gate: Gate): Promise<PreparedChange> {
    const recording = [...vhosts].filter(({ dvr }) => dvr.enabled);
    if (recording.some(({ dvr }) => dvr.paths.some(({ container }) => container === 'mp4')))
      this.#bunny ??= await loadMediabunny();
    return changeBy(() => this.applyGate(gate));
  }

  /** Finishes, in the background, what processes have left in the state directory whose names fit. */
  finishLeft(fits: (owner: string) => boolean): void {
    if (this.#gate) this.#run(repairLeft(fits, this.#fileDeps(this.#gate)));
  }

  /** Records a publish that goes on air, if it is to be recorded. */
  started(source: MediaSource): void {
    const { dvr, name } = source.vhost;
    const granted = source.grant?.record;
    if (granted && !dvr.enabled) {
      const stream = formatStreamKey(source.key);
      this.#deps.logger.warn({ stream }, `record granted, but dvr is off in vhost ${name}`);
    }
    if (!dvr.enabled || !this.#gate || !(granted ?? applies(source))) return;
    const deps = this.#fileDeps(this.#gate);
    for (const path of dvr.paths) this.#record(source, path, deps);
  }

  /** The publisher of a stream has left. */
  ended(key: StreamKey): void {
    this.#rows.delete(formatStreamKey(key));
  }

  /** Files that are being written of a stream. */
  filesOf(key: StreamKey): readonly string[] {
    return (this.#rows.get(formatStreamKey(key)) ?? []).flatMap(({ writing }) => writing ?? []);
  }

  /** Settles when the files of all publishes that have ended are complete and told of, or at the deadline. */
  async close(deadline: Deadline): Promise<void> {
    const ended = Promise.all(this.#running).then(() => this.#unfinished.close());
    if (await deadline.bound(ended)) return;
    const left = this.#running.size;
    this.#deps.logger.warn({ left }, 'recordings not finalized, disk not responding');
  }

  #fileDeps(gate: Gate): FileSequenceDeps {
    return {
      ...this.#deps,
      stamp: (id) => this.#deps.stamp(id),
      gate,
      disk: this.#disk,
      journal: this.#journal,
      unfinished: this.#unfinished,
      cwd: process.cwd(),
      now: Date.now,
      running: (work) => this.#run(work),
    };
  }

  #run(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  #record(source: MediaSource, path: RecordingPath, deps: FileSequenceDeps): void {
    const row = new FileSequence(source, path, deps);
    const name = formatStreamKey(source.key);
    this.#rows.set(name, [...(this.#rows.get(name) ?? []), row]);
    if (path.container === 'flv') source.tap(new FlvRecording(row));
    else if (this.#bunny) source.tap(new Mp4Recording(row, this.#bunny, this.#turns, this.#mp4Log(source)));
  }

  #mp4Log({ key }: MediaSource) {
    const stream = formatStreamKey(key);
    const { logger } = this.#deps;
    return {
      leftOut: (what: string) => logger.warn({ stream, what }, 'MP4 recording has a gap'),
      lost: (error: unknown) => logger.error({ stream, why: (error as Error).message }, 'MP4 fragment lost'),
    };
  }
}

function applies({ key, vhost }: MediaSource): boolean {
  const { apply } = vhost.dvr;
  return apply === 'all' || apply.includes(`${key.app}/${key.stream}`);
}
