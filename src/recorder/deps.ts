import type { Clock } from '../model/clock.ts';
import type { ServerIds } from '../model/events.ts';
import type { Disk } from './disk.ts';
import type { FinalizeDeps } from './finalize.ts';
import type { UnfinishedFiles } from './unfinished-files.ts';

/** What recordings of one process share. */
export interface RecordingDeps extends FinalizeDeps {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly server: ServerIds;
  /** Takes what cannot be finished yet. */
  readonly unfinished: Pick<UnfinishedFiles, 'add'>;
  /** Names this process in the journal. */
  readonly owner: string;
  /** Unix time in milliseconds. */
  now(): number;
  /** Working directory, which relative paths are relative to. */
  readonly cwd: string;
}
