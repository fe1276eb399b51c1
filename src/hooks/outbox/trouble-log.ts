import type { Clock } from '../../model/clock.ts';
import type { Logger } from '../../model/logger.ts';

/** Shortest time between two log lines about the same trouble, in milliseconds. */
const TROUBLE_LOG_INTERVAL_MS = 10_000;

interface Trouble {
  loggedAt: number;
  /** How often since the last line. */
  unsaid: number;
  readonly message: string;
}

/** One warning per interval and subject: whoever has trouble by the thousand has no use for a line about each. */
export class TroubleLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #troubles = new Map<string, Trouble>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Warns of the first of its kind, then counts for a while and says with the next line how many there were. */
  note(subject: string, fields: object, message: string): void {
    const now = this.#clock.now();
    const known = this.#troubles.get(subject);
    if (known && now - known.loggedAt < TROUBLE_LOG_INTERVAL_MS) {
      known.unsaid++;
      return;
    }
    const since = known && known.unsaid > 0 ? { alsoSince: known.unsaid } : {};
    this.#troubles.set(subject, { loggedAt: now, unsaid: 0, message });
    this.#logger.warn({ ...fields, ...since }, message);
  }

  /** Says what has been counted and not said. */
  flush(): void {
    for (const trouble of this.#troubles.values()) {
      if (trouble.unsaid > 0) this.#logger.warn({ alsoSince: trouble.unsaid }, trouble.message);
      trouble.unsaid = 0;
    }
  }
}
