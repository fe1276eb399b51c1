import type { Verdict } from '../model/authorization.ts';
import type { Clock, Timer } from '../model/clock.ts';

/** What came of a question, for everybody who asked it. */
export interface Decision {
  readonly verdict: Verdict;
  /** True if nobody failed to answer, so that it may be kept for others. */
  readonly answered: boolean;
  /** For how long the backends let it be kept, in milliseconds; Infinity if they do not say. */
  readonly freshMs: number;
  /** Of a refusal: whose it was and why, and how loudly to say so. */
  readonly refusal?: {
    readonly url: string;
    readonly reason: string;
    readonly level: 'debug' | 'info' | 'warn';
  };
}

/** False if a backend said that its answer is for the one who asked. */
export function isForOthers({ answered, freshMs }: Decision): boolean {
  return !answered || freshMs > 0;
}

/** Why a question ended before its answer, as verb phrases about the backend. */
export const CLIENT_GONE = 'was not waited for: the client has gone';
export const STOPPING = 'was not waited for: the server is stopping';

/** For a client that left. */
export const ABANDONED: Decision = {
  verdict: { allowed: false, message: `The backend ${CLIENT_GONE}.` },
  answered: false,
  freshMs: 0,
  refusal: { url: '', reason: CLIENT_GONE, level: 'debug' },
};

/**
 * How long somebody waits for backends: until the time is over, or until `end` says why earlier. An AbortController
 * would do, for more time than the rest of a question takes.
 */
export class GateDeadline {
  /** Its length, in milliseconds. */
  readonly ms: number;
  readonly #timer: Timer;
  #listener: ((why: string) => void) | undefined;
  #why: string | undefined;
  #expired = false;

  /** `spentMs` of the `ms` milliseconds are over already. */
  constructor(clock: Clock, ms: number, spentMs = 0) {
    this.ms = ms;
    this.#timer = clock.after(ms - spentMs, () => {
      this.#expired = this.#why === undefined;
      this.end(`did not answer within ${ms} ms`);
    });
  }

  /** Why it ended, as a verb phrase about the backend that is being waited for; undefined while it runs. */
  get why(): string | undefined {
    return this.#why;
  }

  /** True if somebody ended it before its time, which is no fault of a backend. */
  get givenUp(): boolean {
    return this.#why !== undefined && !this.#expired;
  }

  /** Who is to know of the end; one at a time, for URLs are called one by one. */
  set listener(listener: ((why: string) => void) | undefined) {
    this.#listener = listener;
  }

  end(why: string): void {
    this.#why ??= why;
    this.#listener?.(this.#why);
  }

  /** Stops the timer; to be called when nobody waits any more. */
  clear(): void {
    this.#timer.clear();
  }
}

/** Waits that long; less if `limit` ends before. */
export function pause(clock: Clock, ms: number, limit: GateDeadline): Promise<void> {
  if (limit.why !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    limit.listener = () => {
      timer.clear();
      resolve();
    };
  });
}

/** Who has to know whether a backend may have heard of a question: whoever keeps a record of it. */
export interface QuestionWatcher {
  /** It is about to be sent. What is returned is waited for. */
  beforeSend(): Promise<void> | undefined;
  /** It has been sent, or an answer to the same question has been found. */
  sent(): void;
  /** It was not sent after all, and waits again. */
  unsent(): void;
}

/** Those who watch one question that is asked for all of them. */
export class QuestionWatchers implements QuestionWatcher {
  readonly #watchers = new Set<QuestionWatcher>();
  #isSent = false;

  /** One more who asks the same. */
  add(watcher: QuestionWatcher): void {
    if (this.#isSent) watcher.sent();
    else this.#watchers.add(watcher);
  }

  beforeSend(): Promise<void> | undefined {
    const waits = Array.from(this.#watchers, (watcher) => watcher.beforeSend()).filter(
      (wait) => wait !== undefined,
    );
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  sent(): void {
    this.#isSent = true;
    for (const watcher of this.#watchers) watcher.sent();
    this.#watchers.clear();
  }

  unsent(): void {
    for (const watcher of this.#watchers) watcher.unsent();
  }
}
