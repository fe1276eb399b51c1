import type { Grant } from '../model/authorization.ts';
import { backoffMs } from '../model/clock.ts';
import type { GateEvent } from '../model/events.ts';
import { LogThrottle } from '../model/log-throttle.ts';
import type { HookPolicy } from '../model/options.ts';
import { FAILURE_LOG_INTERVAL_MS, FIRST_RETRY_MS } from './backend.ts';
import { type Deps, describe, namedBy } from './deps.ts';
import type { Stamped } from './event.ts';
import type { Call } from './hook-client.ts';
import { type Decision, type GateDeadline, pause, type QuestionWatcher } from './question.ts';
import type { Target } from './target.ts';
import type { HookAnswer } from './verdict.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** … up to this. */
const MAX_RETRY_MS = 2_000;

/** Puts one question to its URLs, after the policy of its event. */
export class HookChain {
  readonly #deps: Deps;
  readonly #failures: LogThrottle;
  readonly #uncacheable: LogThrottle;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#failures = new LogThrottle(deps.clock, FAILURE_LOG_INTERVAL_MS);
    this.#uncacheable = new LogThrottle(deps.clock, Number.POSITIVE_INFINITY);
  }

  /** Asks one by one, all under one time limit, and stops at the first refusal. Never rejects. */
  async ask(
    event: GateEvent,
    hooks: VhostHooks,
    limit: GateDeadline,
    watcher: QuestionWatcher,
  ): Promise<Decision> {
    const policy = hooks.policy(event.action);
    const stamped = this.#deps.stamper.stamp(event);
    let grant: Grant | undefined;
    let answered = true;
    let freshMs = Number.POSITIVE_INFINITY;
    for (const target of hooks.targets.get(event.action) ?? []) {
      const answer = await this.#persist({ event: stamped, hooks, target, watcher }, policy, limit);
      if (answer.allowed || answer.deliberate) {
        freshMs = Math.min(freshMs, answer.freshMs ?? freshMs);
        this.#noteFreshness(target, policy, answer);
      } else {
        answered = false;
      }
      if (answer.allowed) {
        if (answer.grant) grant = this.#take(event, grant, answer.grant);
        if (answer.notes) this.#noteIgnored(event, target, answer.notes);
      } else if (this.#mayPass(answer, policy, limit)) {
        this.#notePass(event, target, answer.message);
      } else {
        return refuse(answer, target, answered, freshMs, limit);
      }
    }
    return { verdict: grant ? { allowed: true, grant } : { allowed: true }, answered, freshMs };
  }

  #take(event: GateEvent, grant: Grant | undefined, more: Grant): Grant {
    const { stream } = more;
    if (stream !== undefined && stream !== event.stream) this.#deps.concealed.learn(namedBy(event));
    return { ...grant, ...more };
  }

  #describe(event: GateEvent): object {
    return describe(event, this.#deps.concealed.of(namedBy(event), false));
  }

  /**
   * Asks one URL, and again while its backend is away: as often as the time allows, where the client would be refused for
   * want of an answer. What the backend may have acted on is repeated as often as the policy says.
   */
  async #persist(
    question: Pick<Call, 'hooks' | 'target' | 'watcher'> & { readonly event: Stamped<GateEvent> },
    { retries, onError }: HookPolicy,
    limit: GateDeadline,
  ): Promise<HookAnswer> {
    const waits = onError === 'deny';
    let repetitions = 0;
    let unavailable = 0;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#deps.hookClient.call({ ...question, attempt, waits }, limit);
      if (answer.allowed || answer.trouble === undefined) return answer;
      const { trouble } = answer;
      // Connections are tried for all who wait, so nobody has to pause.
      if (!waits || trouble === 'broken') {
        if (++repetitions > retries) return answer;
        await pause(this.#deps.clock, backoffMs(repetitions, FIRST_RETRY_MS, MAX_RETRY_MS), limit);
      } else if (trouble === 'unavailable') {
        await pause(this.#deps.clock, backoffMs(++unavailable, FIRST_RETRY_MS, MAX_RETRY_MS), limit);
      }
      if (limit.why !== undefined) return answer;
    }
  }

  /** A refusal never passes, nor a client that left or a server that stops: only a backend that fails. */
  #mayPass(
    { deliberate, strict = false }: HookAnswer & { allowed: false },
    { onError }: HookPolicy,
    limit: GateDeadline,
  ): boolean {
    return onError === 'allow' && !deliberate && !strict && !limit.givenUp;
  }

  /** A backend that is down lets everybody in: one line in a while, with how many it was about. */
  #notePass(event: GateEvent, target: Target, reason: string): void {
    const times = this.#failures.due(target);
    if (times === undefined) return;
    const fields = { ...this.#describe(event), url: target.shown, reason, times };
    this.#deps.logger.warn(fields, 'hook failed open (on_error allow)');
  }

  /** A backend that grants what nobody can make sense of should hear of it. */
  #noteIgnored(event: GateEvent, target: Target, notes: readonly string[]): void {
    const fields = { ...this.#describe(event), url: target.shown, reason: notes.join('; ') };
    this.#deps.logger.warn(fields, 'hook answer partly ignored');
  }

  /** Frameworks forbid caching unless told otherwise, and whoever wrote `cache` wonders why nothing is cached. */
  #noteFreshness(target: Target, { cacheMs }: HookPolicy, { freshMs = 1 }: HookAnswer): void {
    if (cacheMs === 0 || freshMs > 0 || this.#uncacheable.due(target) === undefined) return;
    this.#deps.logger.info(
      { url: target.shown, cacheMs },
      'Cache-Control of the backend overrules the cache directive',
    );
  }
}

function refuse(
  answer: HookAnswer & { allowed: false },
  target: Target,
  answered: boolean,
  freshMs: number,
  limit: GateDeadline,
): Decision {
  const { forClient, redirect, deliberate, message } = answer;
  // A backend that says no is daily business, one that cannot be understood is trouble, a client that left is neither.
  const trouble = limit.givenUp ? 'debug' : 'warn';
  return {
    verdict: {
      allowed: false,
      message: forClient,
      ...(redirect === undefined ? {} : { redirect }),
      ...(deliberate ? {} : { failed: true }),
    },
    answered,
    freshMs,
    refusal: { url: target.shown, reason: message, level: deliberate ? 'info' : trouble },
  };
}
