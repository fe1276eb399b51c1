import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ALLOWED, type Verdict } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import { GATE_ACTIONS, type GateEvent } from '../model/events.ts';
import { SecretFinder } from '../model/secret-values.ts';
import { type Deps, describe, namedBy, since } from './deps.ts';
import { HookChain } from './hook-chain.ts';
import { inTurns } from './in-turns.ts';
import {
  ABANDONED,
  CLIENT_GONE,
  type Decision,
  GateDeadline,
  isForOthers,
  type QuestionWatcher,
  QuestionWatchers,
  STOPPING,
} from './question.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** Of which configuration a question is, who waits for its answer, and who has to know whether it is sent. */
interface Asking {
  readonly cache: VerdictCache;
  readonly client: AbortSignal;
  readonly watcher: QuestionWatcher | undefined;
}

/** Puts the questions of clients to the backends, those that are the same only once. */
export class HookAuthorizer {
  readonly #deps: Deps;
  readonly #chain: HookChain;
  readonly #open = new Set<GateDeadline>();
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#chain = new HookChain(deps);
  }

  /** Never rejects: whatever goes wrong is a refusal, unless the policy of the event lets it pass. */
  async ask(event: GateEvent, hooks: VhostHooks, { cache, client, watcher }: Asking): Promise<Verdict> {
    if (!hooks.targets.has(event.action)) {
      // Where nobody is to be asked nobody is left out.
      watcher?.sent();
      return ALLOWED;
    }
    if (this.#closed) return { allowed: false, message: 'The server is stopping.' };
    if (client.aborted) return { allowed: false, message: 'The client has gone.' };
    const began = this.#deps.clock.awake();
    const question = sameQuestion(event, hooks);
    const kept = question === undefined ? undefined : cache.kept(question);
    const out = question === undefined || kept !== undefined ? undefined : cache.out(question);
    if (watcher) out?.watchers.add(watcher);
    const known = out === undefined ? kept : await out.join(client);
    if (known !== undefined && isForOthers(known)) {
      if (kept !== undefined) watcher?.sent();
      if (known !== ABANDONED) this.#deps.observer.cached(event.action);
      return this.#answer(event, known, began, { cached: true });
    }
    const inFlight = this.#launch(event, hooks, began);
    if (watcher) inFlight.watchers.add(watcher);
    if (question !== undefined && known === undefined)
      void cache.launch(question, inFlight, hooks.policy(event.action).cacheMs);
    return this.#answer(event, await inFlight.join(client), began);
  }

  /** Ends all open questions as refusals, and all later ones at once. */
  close(): void {
    this.#closed = true;
    for (const limit of this.#open) limit.end(STOPPING);
  }

  #launch(event: GateEvent, hooks: VhostHooks, began: number): InFlight {
    const { clock } = this.#deps;
    const limit = new GateDeadline(clock, hooks.policy(event.action).timeoutMs, clock.awake() - began);
    const watchers = new QuestionWatchers();
    this.#open.add(limit);
    const ask = async () => {
      try {
        return await this.#chain.ask(event, hooks, limit, watchers);
      } finally {
        this.#open.delete(limit);
        limit.clear();
      }
    };
    return new InFlight(limit, ask(), watchers, clock);
  }

  #answer(event: GateEvent, { verdict, refusal }: Decision, began: number, how: object = {}): Verdict {
    const { clock, concealed, logger } = this.#deps;
    const hidden = concealed.of(namedBy(event), refusal === undefined);
    const fields = { ...describe(event, hidden), ...how, ms: since(clock, began) };
    if (refusal === undefined) logger.debug(fields, 'gate allowed');
    else {
      const reason = new SecretFinder(hidden).hide(refusal.reason);
      logger[refusal.level]({ ...fields, url: refusal.url, reason }, 'gate refused');
    }
    return verdict;
  }
}

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

/** A question that is out, and who waits for it. It is given up when the last of them has left. */
export class InFlight {
  readonly decision: Promise<Decision>;
  /** Those who have to know when it is sent. */
  readonly watchers: QuestionWatchers;
  readonly #limit: GateDeadline;
  #made: Decision | undefined;
  readonly #waiting = new Set<(decision: Decision) => void>();

  constructor(limit: GateDeadline, decision: Promise<Decision>, watchers: QuestionWatchers, clock: Clock) {
    this.#limit = limit;
    this.watchers = watchers;
    this.decision = decision;
    void decision.then((made) => {
      this.#made = made;
      inTurns(clock, [...this.#waiting], (tell) => tell(made));
    });
  }

  /** True once it has been given up: whoever wants an answer has to ask anew. */
  get givenUp(): boolean {
    return this.#limit.givenUp;
  }

  /** Waits with the others for the answer, or until the client leaves. */
  join(client: AbortSignal): Promise<Decision> {
    if (this.#made !== undefined) return Promise.resolve(this.#made);
    return new Promise((resolve) => {
      const tell = (decision: Decision) => {
        client.removeEventListener('abort', leave);
        this.#waiting.delete(tell);
        resolve(decision);
      };
      const leave = () => {
        tell(ABANDONED);
        if (this.#waiting.size === 0) this.#limit.end(CLIENT_GONE);
      };
      this.#waiting.add(tell);
      if (client.aborted) leave();
      else client.addEventListener('abort', leave, { once: true });
    });
  }
}
