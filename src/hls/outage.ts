import type { Logger } from '../model/logger.ts';
import type { StreamKey } from '../model/stream-key.ts';

/** What may fail for a while, and what is said of it. */
const MESSAGES = {
  segments: ['HLS segments of a stream are left out', 'HLS segments of a stream are kept again'],
  playlist: ['the HLS playlist of a stream is not written', 'the HLS playlist of a stream is written again'],
  removal: ['old HLS files of a stream are not removed', 'old HLS files of a stream are removed again'],
} as const;

/** Says of one stream what its segments suffer from: once when it begins and once when it is over, however often it fails. */
export class Outage {
  readonly #log: Logger;
  readonly #key: StreamKey;
  readonly #failures = new Map<keyof typeof MESSAGES, number>();

  constructor(log: Logger, key: StreamKey) {
    this.#log = log;
    this.#key = key;
  }

  /** It has failed. */
  failed(what: keyof typeof MESSAGES, error: unknown): void {
    const failures = this.#failures.get(what) ?? 0;
    this.#failures.set(what, failures + 1);
    if (failures === 0)
      this.#log.error({ ...this.#key, reason: (error as Error).message }, MESSAGES[what][0]);
  }

  /** It was done. */
  worked(what: keyof typeof MESSAGES): void {
    const failures = this.#failures.get(what);
    if (failures === undefined) return;
    this.#failures.delete(what);
    this.#log.info({ ...this.#key, failures }, MESSAGES[what][1]);
  }
}
