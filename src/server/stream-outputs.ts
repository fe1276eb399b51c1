import type { Hls } from '../hls/hls.ts';
import { LazyHls } from '../hls/lazy-hls.ts';
import type { Gate } from '../model/authorization.ts';
import type { Deadline } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { VhostOptions } from '../model/options.ts';
import { changeBy, type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import type { PlaylistSequences } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { Recorder, type RecorderDeps } from '../recorder/recorder.ts';
import type { Hub } from '../streams/hub.ts';

/** Who takes whole publishes, beside the players: recording, and the segments of HLS. */
export class StreamOutputs {
  readonly #dvr: Recorder;
  readonly #segments: LazyHls;
  readonly #log: Logger;
  #gate: Gate | undefined;

  constructor(hub: Hub, deps: RecorderDeps, sequences: PlaylistSequences) {
    const { clock, logger: log } = deps;
    this.#dvr = new Recorder(deps);
    this.#log = log;
    this.#segments = new LazyHls({ clock, log, sequences, emit: (event) => this.#gate?.emit(event) });
    hub.observe({ started: (source) => this.#dvr.started(source), ended: (key) => this.#dvr.ended(key) });
    hub.observe({ started: (source) => this.#segments.started(source) });
  }

  /** Undefined until a vhost has had HLS. */
  get hls(): Hls | undefined {
    return this.#segments.hls;
  }

  /** Settles when nothing is left on the disk of an earlier run's segments that a viewer must not have. */
  get cleared(): Promise<void> {
    return this.#segments.cleared;
  }

  /** Files that are being written of a stream. */
  filesOf(key: StreamKey): readonly string[] {
    return this.#dvr.filesOf(key);
  }

  /** Gets ready for the publishes of these vhosts; what comes of them is told to `gate` from the commit on. */
  prepare(vhosts: readonly VhostOptions[], gate: Gate): Promise<PreparedChange> {
    return prepareTogether(async (add) => {
      add(await this.#segments.prepare(vhosts));
      add(await this.#dvr.prepare(vhosts, gate));
      add(
        changeBy(() => {
          this.#gate = gate;
        }),
      );
    });
  }

  /** Finishes, in the background, what processes have left in the state directory whose names fit. */
  finishLeft(fits: (owner: string) => boolean): void {
    this.#dvr.finishLeft(fits);
  }

  /** Ends the segments and the recordings; what the disk has not taken by the deadline is left to the next start. */
  async close(deadline: Deadline): Promise<void> {
    const segments = async () => {
      if (await deadline.bound(this.#segments.close())) return;
      this.#log.warn({}, 'HLS files not removed, disk not responding');
    };
    await Promise.all([segments(), this.#dvr.close(deadline)]);
  }
}
