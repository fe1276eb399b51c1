import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.ts';
import { GATE_ACTIONS, type GateEvent } from '../model/events.ts';
import { type Decision, isForOthers } from './decision.ts';
import type { InFlight } from './in-flight.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** Verdicts that `cache` keeps at most; over it the one that was not wanted for longest goes. */
const MAX_CACHED_VERDICTS = 50_000;

interface Kept {
  readonly decision: Decision;
  /** On the clock's scale. */
  readonly until: number;
}

/** What backends have decided or are just deciding, for those who ask the same. Belongs to one configuration snapshot. */
export class VerdictCache {
  readonly #clock: Clock;
  readonly #kept = new LRUCache<string, Kept>({ max: MAX_CACHED_VERDICTS });
  readonly #out = new Map<string, InFlight>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The decision that still holds; also one that is for nobody else, so that nobody waits for the next in vain. */
  kept(question: string): Decision | undefined {
    const kept = this.#kept.get(question);
    if (kept === undefined) return undefined;
    if (kept.until > this.#clock.now()) return kept.decision;
    this.#kept.delete(question);
    return undefined;
  }

  /** The question that is out. */
  out(question: string): InFlight | undefined {
    const inFlight = this.#out.get(question);
    return inFlight?.givenUp ? undefined : inFlight;
  }

  /** Lets others join `inFlight` while it is out, and keeps what comes of it for `cacheMs` at most. */
  async launch(question: string, inFlight: InFlight, cacheMs: number): Promise<void> {
    this.#out.set(question, inFlight);
    const decision = await inFlight.decision;
    if (this.#out.get(question) === inFlight) this.#out.delete(question);
    if (!decision.answered) return;
    const keepMs = isForOthers(decision) ? Math.min(cacheMs, decision.freshMs) : cacheMs;
    this.#kept.set(question, { decision, until: this.#clock.now() + keepMs });
  }
}

const GATES: ReadonlySet<string> = new Set(GATE_ACTIONS);

/**
 * What makes a question the same as another; undefined if it is never the same: the policy wants no cache, or the
 * question is about this moment (`on_update` with its counters, `on_publish_busy`). A hash, so that neither the length of
 * what a client sent nor its token stays in memory.
 */
export function sameQuestion(event: GateEvent, hooks: VhostHooks): string | undefined {
  const { cacheMs, cacheKey } = hooks.policy(event.action);
  if (cacheMs === 0 || !GATES.has(event.action)) return undefined;
  const parts = cacheKey.map((part) => (part === 'ip' ? event.client.ip : event[part]));
  const text = JSON.stringify([hooks.identity, event.action, ...parts]);
  return createHash('sha256').update(text).digest('base64');
}
