import type { Clock, Timer } from '../model/clock.ts';
import { endWaitMs, type PublishEnd } from '../model/media-source.ts';
import type { PlayOptions } from '../model/options.ts';
import type { Sink } from './sink.ts';

/**
 * The players of one stream, as the end of a publish concerns them: they wait for the next publisher, and are told that
 * the stream is over if none comes in time. Who joined after the publisher had left waits for the next one in any case.
 */
export class EndOfStream {
  readonly #clock: Clock;
  /** By how many publishes had ended when they came. */
  readonly #members = new Map<Sink, number>();
  #ends = 0;
  #wait: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a player; returns what takes it out again. */
  join(sink: Sink): () => void {
    this.#members.set(sink, this.#ends);
    return () => {
      this.#members.delete(sink);
      if (this.#members.size === 0) this.publisherCame();
    };
  }

  /** There is nothing to wait for any more. */
  publisherCame(): void {
    this.#wait?.clear();
    this.#wait = undefined;
  }

  /** The publisher has left. */
  publisherLeft(how: PublishEnd, options: PlayOptions): void {
    this.publisherCame();
    this.#ends += 1;
    const ms = endWaitMs(options, how);
    if (ms !== 'never' && this.#members.size > 0) this.#wait = this.#clock.after(ms, () => this.#over());
  }

  #over(): void {
    this.#wait = undefined;
    for (const [sink, endsBefore] of [...this.#members]) if (endsBefore < this.#ends) sink.end?.();
  }
}
