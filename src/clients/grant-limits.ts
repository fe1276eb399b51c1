import type { Grant, Verdict } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import type { CloseReason } from '../model/events.ts';
import type { VhostOptions } from '../model/options.ts';
import type { AcceptedEvent, ClientEvents } from './client-events.ts';
import { explain } from './refusal.ts';

/** Burst above the granted rate that a publisher may send, in milliseconds at that rate. */
export const MAX_BURST_MS = 5_000;

/** A client to which limits apply. */
export interface LimitedClient {
  readonly clock: Clock;
  /** Bytes that the client has sent so far. */
  readonly bytesIn: () => number;
  /** Closes the client. */
  readonly kick: (reason: CloseReason, why: string) => void;
}

/** State with which limits are checked. */
interface GrantLimitsDeps extends LimitedClient {
  /** Asks the backend whether the client may go on; undefined where nobody would be asked. */
  readonly askAgain: (() => Promise<Verdict>) | undefined;
  /** Interval of that question where no answer sets one, in milliseconds. */
  readonly updateMs: number;
  /** True if a question that nobody answers ends the client. */
  readonly failureEnds: boolean;
}

const BROKEN: Verdict = { allowed: false, message: 'The question failed.', failed: true };

/**
 * The terms on which a client publishes or plays: how long, how much, and when the backend is asked again. Its session
 * has it look at the clock about once a second, so it needs no timer.
 */
export class GrantLimits {
  readonly #deps: GrantLimitsDeps;
  #maxDurationMs = Number.POSITIVE_INFINITY;
  #endsAt = Number.POSITIVE_INFINITY;
  #recheckMs: number;
  #asksAt: number;
  #asking = false;
  #over = false;
  #rate: RateLimit | undefined;

  private constructor(deps: GrantLimitsDeps, grant: Grant) {
    this.#deps = deps;
    this.#recheckMs = deps.updateMs;
    this.#asksAt = deps.clock.now() + this.#recheckMs;
    this.#apply(grant);
  }

  /** Limits of a client that was granted this; undefined if there is nothing to check. */
  static of(grant: Grant | undefined, deps: GrantLimitsDeps): GrantLimits | undefined {
    const bounded = grant?.maxDurationMs !== undefined || grant?.maxBitrate !== undefined;
    return bounded || deps.askAgain ? new GrantLimits(deps, grant ?? {}) : undefined;
  }

  /** True while the backend is being asked whether the client may go on. */
  get asking(): boolean {
    return this.#asking;
  }

  /** Closes the client if a limit is exceeded; else asks the backend again if it is time, and if it `mayAsk`. */
  tick(mayAsk: boolean): void {
    if (this.#over) return;
    const now = this.#deps.clock.now();
    if (now >= this.#endsAt) {
      this.#deps.kick('limit', `The ${this.#maxDurationMs / 1000} granted seconds are over.`);
      return;
    }
    const excess = this.#rate?.exceeded(this.#deps.bytesIn());
    if (excess !== undefined) this.#deps.kick('limit', excess);
    else if (mayAsk && now >= this.#asksAt) this.#ask();
  }

  /** The publish or play has ended: an answer that is still to come means nothing. */
  end(): void {
    this.#over = true;
  }

  #ask(): void {
    const { askAgain } = this.#deps;
    if (!askAgain || this.#asking) return;
    this.#asking = true;
    void askAgain()
      .catch(() => BROKEN)
      .then((verdict) => this.#answered(verdict));
  }

  #answered(verdict: Verdict): void {
    const { clock, failureEnds, kick } = this.#deps;
    this.#asking = false;
    if (this.#over) return;
    this.#asksAt = clock.now() + this.#recheckMs;
    if (verdict.allowed) this.#apply(verdict.grant ?? {});
    else if (!verdict.failed || failureEnds) kick('kicked', explain(verdict));
  }

  #apply({ maxDurationMs, maxBitrate, recheckMs }: Grant): void {
    const { clock, bytesIn } = this.#deps;
    const now = clock.now();
    if (maxDurationMs !== undefined) {
      this.#maxDurationMs = maxDurationMs;
      this.#endsAt = now + maxDurationMs;
    }
    if (maxBitrate !== undefined && maxBitrate !== this.#rate?.bitsPerSecond) {
      this.#rate = new RateLimit(maxBitrate, clock, bytesIn());
    }
    if (recheckMs !== undefined) {
      this.#recheckMs = recheckMs;
      this.#asksAt = now + recheckMs;
    }
  }
}

/** Limits of an accepted publish or play; undefined if its backend set none and is not to be asked again. */
export function grantLimitsFor(
  { clock, bytesIn, kick }: LimitedClient,
  events: ClientEvents,
  { grant, askAgain }: AcceptedEvent,
  { name, hooks }: VhostOptions,
): GrantLimits | undefined {
  return GrantLimits.of(grant, {
    clock,
    bytesIn,
    askAgain: events.ignores('on_update', name) ? undefined : askAgain,
    updateMs: hooks.updateMs,
    failureEnds: hooks.policies.on_update?.onError === 'deny',
    kick,
  });
}

/** A bucket that what comes in fills and that runs out at the granted rate: over time nobody sends more than that. */
class RateLimit {
  readonly bitsPerSecond: number;
  readonly #clock: Clock;
  #bytes: number;
  #at: number;
  /** How long this process had been paused before that. */
  #pausedMs: number;
  #level = 0;
  /** When the bucket was empty last, and how many bytes there had been. */
  #from: { readonly at: number; readonly bytes: number };

  constructor(bitsPerSecond: number, clock: Clock, bytes: number) {
    this.bitsPerSecond = bitsPerSecond;
    this.#clock = clock;
    this.#at = clock.now();
    this.#pausedMs = this.#at - clock.awake();
    this.#bytes = bytes;
    this.#from = { at: this.#at, bytes };
  }

  /** What was too much, in a sentence, if it was. */
  exceeded(bytes: number): string | undefined {
    const now = this.#clock.now();
    const pausedMs = now - this.#clock.awake();
    const ran = (this.bitsPerSecond * (now - this.#at)) / 1000;
    // What was sent while this process was paused is read after it.
    const unread = (this.bitsPerSecond * (pausedMs - this.#pausedMs)) / 1000;
    this.#level = Math.max(-unread, this.#level + 8 * (bytes - this.#bytes) - ran);
    this.#at = now;
    this.#pausedMs = pausedMs;
    this.#bytes = bytes;
    if (this.#level <= 0) this.#from = { at: now, bytes };
    if (this.#level <= (this.bitsPerSecond * MAX_BURST_MS) / 1000) return undefined;
    const elapsedMs = now - this.#from.at;
    const rate = (8 * (bytes - this.#from.bytes)) / elapsedMs;
    return `The publisher sent ${kilobits(rate)} over ${Math.round(elapsedMs / 1000)} s; ${kilobits(this.bitsPerSecond / 1000)} are granted.`;
  }
}

function kilobits(bitsPerMs: number): string {
  return `${Math.round(bitsPerMs)} kbit/s`;
}
