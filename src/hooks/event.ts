import { randomUUID } from 'node:crypto';
import type {
  Action,
  ClientIdentity,
  Counters,
  EmittedEvent,
  GateEvent,
  RecordedEvent,
  RecordedFile,
  Stamp,
} from '../model/events.ts';

/** What a hook can be about. */
export type HookEvent = GateEvent | ToldEvent;

/** What a backend is told of. */
export type ToldEvent = EmittedEvent | RecordedEvent;

export type Stamped<E extends HookEvent = HookEvent> = E & { readonly stamp: Stamp };

/** What has to be known of an event whose body is made already. */
export interface EventHead {
  readonly action: Action;
  readonly client?: ClientIdentity | undefined;
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  readonly stamp: Stamp;
}

/** What a client has used, of the events that say so. */
export function countersOf(event: HookEvent): Counters | undefined {
  return 'durationMs' in event ? event : 'counters' in event ? event.counters : undefined;
}

/** The file that an event is about. */
export function recordingOf(event: HookEvent): RecordedFile | undefined {
  return 'recording' in event ? event.recording : undefined;
}

/** Gives out stamps. Sequence numbers are microseconds of the system clock, moved on where that stands or steps back. */
export class Stamper {
  readonly #now: () => number;
  #last = 0;

  /** `now` is Unix time in milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The highest sequence number so far. */
  get last(): number {
    return this.#last;
  }

  /** `id` is a UUID that was given to the event before. */
  stamp<E extends HookEvent>(event: E, id: string = randomUUID()): Stamped<E> {
    return { ...event, stamp: this.next(id) };
  }

  /** The stamp of an event that is going to be told. */
  next(id: string): Stamp {
    const at = this.#now();
    this.#last = Math.max(this.#last + 1, at * 1000);
    return { id, at, seq: this.#last };
  }

  /** Goes on behind a sequence number that was given out elsewhere. */
  follow(seq: number): void {
    this.#last = Math.max(this.#last, seq);
  }
}
