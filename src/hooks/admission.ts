import type { Breaker, Sign } from './breaker.ts';

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
