import type { Clock, Timer } from '../model/clock.ts';
import type { BreakerState } from '../model/delivery.ts';

/** What a request says: that all is well, that it is not, or nothing (the client left, it was never sent). */
export type Sign = 'well' | 'ill' | 'none';

/** When a breaker opens, and how it is probed then. */
export interface BreakerLimits {
  /** Failures in a row that open it; 0 never does. */
  readonly failures: number;
  /** Time to the first probe in milliseconds; doubled with each probe that fails … */
  readonly firstProbeMs: number;
  /** … up to this. */
  readonly maxProbeMs: number;
  /** The part of each of these times that is left to chance, 0 to 1: those who failed together do not try together. */
  readonly jitter: number;
  /** Requests at the same time from which on those that are admitted after it has closed are not bounded any more. */
  readonly maxWindow: number;
}

/**
 * Decides whether requests may be sent: all of them while it is closed, none while it is open, and one, the probe, while
 * it is half open. A probe that succeeds closes it, and what waited is admitted as answers come: two at a time at first,
 * and with each success one more, so that whoever has just come back is not knocked over.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  readonly #clock: Clock;
  readonly #changed: (state: BreakerState, before: BreakerState) => void;
  #state: BreakerState = 'closed';
  /** Counts the changes of state: what was sent before the last one says nothing about the time after it. */
  #era = 0;
  #running = 0;
  #window = Number.POSITIVE_INFINITY;
  #failures = 0;
  #failedAt = 0;
  #last = '';
  #probeMs = 0;
  #probeAt = 0;
  #timer: Timer | undefined;

  /** `changed` is called at each change of state. */
  constructor(
    limits: BreakerLimits,
    clock: Clock,
    changed: (state: BreakerState, before: BreakerState) => void,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#changed = changed;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** How the last request failed, as a verb phrase about the backend. */
  get last(): string {
    return this.#last;
  }

  /** Milliseconds since the first failure in the row. */
  get failingMs(): number {
    return this.#failures === 0 ? 0 : this.#clock.now() - this.#failedAt;
  }

  /** Milliseconds until the next probe; 0 if it may be sent or is under way. */
  get nextProbeMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#probeAt - this.#clock.now()) : 0;
  }

  /** True while no request may be sent, or only a probe that is under way already. */
  get isShut(): boolean {
    return this.#state === 'open' || (this.#state === 'half_open' && this.#running > 0);
  }

  /** True if a request may be sent now. */
  get admits(): boolean {
    return !this.isShut && this.#running < this.#window;
  }

  /** Counts a request that is sent now, and gives it a ticket for `settle`. */
  enter(): number {
    this.#running++;
    return this.#era;
  }

  /** Takes what came of a request that had entered; `failure` says how it failed, if it did. */
  settle(ticket: number, sign: Sign, failure = ''): void {
    if (ticket !== this.#era) return;
    this.#running--;
    if (sign === 'well') this.#succeed();
    else if (sign === 'ill') this.#fail(failure);
  }

  /** Takes what came of a request that needed no admission: success closes, failure opens, but is no probe. */
  observe(sign: Sign, failure = ''): void {
    if (sign === 'well') this.#succeed();
    else if (sign === 'ill' && this.#state === 'closed') this.#fail(failure);
  }

  /** Lets the next probe be sent at once, since something else shows that it may succeed. */
  hasten(): void {
    if (this.#state === 'open') this.#become('half_open');
  }

  /** Stops the timer: no probe becomes due any more. */
  stop(): void {
    this.#timer?.clear();
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#state !== 'closed') {
      this.#window = 2;
      this.#become('closed');
    } else if (++this.#window >= this.#limits.maxWindow) {
      this.#window = Number.POSITIVE_INFINITY;
    }
  }

  #fail(failure: string): void {
    if (this.#failures === 0) this.#failedAt = this.#clock.now();
    this.#failures++;
    this.#last = failure;
    const { failures, firstProbeMs, maxProbeMs, jitter } = this.#limits;
    if (failures === 0 || (this.#state === 'closed' && this.#failures < failures)) return;
    const wantedMs = this.#state === 'closed' ? firstProbeMs : 2 * this.#probeMs;
    this.#probeMs = Math.min(wantedMs, maxProbeMs);
    const pauseMs = this.#probeMs * (1 - jitter * Math.random());
    this.#probeAt = this.#clock.now() + pauseMs;
    this.#become('open');
    this.#timer = this.#clock.after(pauseMs, () => this.#become('half_open'));
  }

  #become(state: BreakerState): void {
    const before = this.#state;
    this.#timer?.clear();
    this.#state = state;
    this.#era++;
    this.#running = 0;
    this.#changed(state, before);
  }
}

/**
 * How a request is sent. A question waits while its backend is away, and so does its repetition. A hasty question, whose
 * client is let in without an answer (`on_error allow`), does not wait; nor does an event, which the outbox repeats.
 */
export type SendKind = 'question' | 'repetition' | 'hasty question' | 'event';

/** What the end of a request says of its backend. */
export interface Signs {
  /** Whether the URL answers in time. */
  readonly time: Sign;
  /** Whether the URL has a process behind it: gateways answer 502, 503 or 504 where there is none. */
  readonly service: Sign;
  /** Whether connections to the origin can be had. */
  readonly reach: Sign;
}

/** The breakers of one URL, by what they go by. */
export type Guards = Readonly<Record<keyof Signs, Breaker>>;

/** The requests of one kind to one URL: whether the next one may be sent, and what is learned from each. */
export class Admission {
  readonly kind: SendKind;
  /** False if a request that cannot be sent fails at once. */
  readonly waits: boolean;
  /** True for questions, where a client waits: they come first. */
  readonly urgent: boolean;
  readonly #guards: Guards;
  readonly #passed: readonly (keyof Signs)[];

  constructor(kind: SendKind, guards: Guards) {
    this.kind = kind;
    this.waits = kind === 'question' || kind === 'repetition';
    this.urgent = kind !== 'event';
    this.#guards = guards;
    // What one client's question does to the backend holds up repetitions alone: theirs are the requests too many.
    this.#passed = kind === 'repetition' ? ['reach', 'time', 'service'] : ['reach', 'time'];
  }

  /** True if a request may be sent now. */
  get isOpen(): boolean {
    return this.#passed.every((name) => this.#guards[name].admits);
  }

  /** True while the backend is left alone. */
  get isShut(): boolean {
    return this.#passed.some((name) => this.#guards[name].isShut);
  }

  /** True if a request that is sent now tries whether the backend can be reached, or answers in time. */
  get isProbing(): boolean {
    return this.#guards.reach.state === 'half_open' || this.#guards.time.state === 'half_open';
  }

  /** Why nothing is sent, as a verb phrase about the backend; undefined if the backend is not left alone. */
  get why(): string | undefined {
    const name = this.#passed.find((passed) => this.#guards[passed].state !== 'closed');
    if (name === undefined) return undefined;
    const { failures, last, failingMs, nextProbeMs } = this.#guards[name];
    if (name === 'reach') return `has been out of reach for ${seconds(failingMs)} (last: ${last})`;
    if (name === 'service') return `has failed for ${seconds(failingMs)} (last: ${last})`;
    const state = nextProbeMs > 0 ? `is left alone for ${seconds(nextProbeMs)}` : 'is being tried again';
    return `${state}: its last ${failures === 1 ? 'request' : `${failures} requests`} timed out (last: ${last})`;
  }

  /** Counts a request that is sent now, and returns what takes its end. */
  enter(): (signs: Signs, failure: string) => void {
    const tickets = this.#passed.map((name) => ({ name, ticket: this.#guards[name].enter() }));
    return (signs, failure) => {
      for (const { name, ticket } of tickets) this.#guards[name].settle(ticket, signs[name], failure);
      if (this.urgent && this.kind !== 'repetition') this.#guards.service.observe(signs.service, failure);
    };
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`;
}
