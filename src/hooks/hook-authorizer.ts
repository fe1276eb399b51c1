import { ALLOWED, type Verdict } from '../model/authorization.ts';
import type { GateEvent } from '../model/events.ts';
import { SecretFinder } from '../model/secret-values.ts';
import { ABANDONED, type Decision, isForOthers, STOPPING } from './decision.ts';
import { type Deps, describe, namedBy, since } from './deps.ts';
import { GateDeadline } from './gate-deadline.ts';
import { HookChain } from './hook-chain.ts';
import { InFlight } from './in-flight.ts';
import { type QuestionWatcher, QuestionWatchers } from './question-watcher.ts';
import { sameQuestion, type VerdictCache } from './verdict-cache.ts';
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
