import { accessAuthorizer } from '../access/access-authorizer.ts';
import type { ServerPolicy, Snapshot } from '../clients/client-registry.ts';
import type { Hooks } from '../hooks/hooks.ts';
import { type Authorizer, composeGate, type Gate } from '../model/authorization.ts';
import type { Action } from '../model/events.ts';
import type { Config, HookOptions } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';

/** Policy before the first configuration: nobody may come. */
const NO_VHOSTS: Snapshot = { vhosts: new Map(), strictVhost: true, gate: composeGate([], []) };
export const CLOSED_POLICY: ServerPolicy = { snapshot: NO_VHOSTS, maxConnections: 0 };

/** Counts of the questions that were answered with no, by action. */
export type RefusalCounts = Partial<Record<Action, number>>;

/** What decides about clients, beside the configuration. */
export interface PolicyDeps {
  readonly hooks: Hooks;
  /** Asked before all others. */
  readonly gate?: Gate | undefined;
  /** Counts refusals, where somebody may look. */
  readonly refusals: RefusalCounts | undefined;
}

/** Policy that counts once the hooks that it asks are committed. */
export interface PreparedPolicy extends PreparedChange {
  readonly policy: ServerPolicy;
}

/**
 * Prepares what the client registry goes by under a configuration: its vhosts, and who is asked, in which order. Throws
 * what preparing the hooks throws.
 */
export function prepareAccessPolicy(config: Config, { hooks, gate, refusals }: PolicyDeps): PreparedPolicy {
  const vhosts = new Map(config.vhosts.map((vhost) => [vhost.name, vhost]));
  const prepared = hooks.prepare(hooksOf(config));
  const embedder = gate ? [gate] : [];
  const asked = [...embedder, accessAuthorizer(vhosts), prepared.gate];
  const authorizers = refusals ? [countRefusals(asked, refusals)] : asked;
  const composed = composeGate(authorizers, [...embedder, prepared.gate]);
  const snapshot = { vhosts, strictVhost: config.strictVhost, gate: composed };
  return { ...prepared, policy: { snapshot, maxConnections: config.maxConnections } };
}

/** Hooks of each vhost, by its name. */
export function hooksOf({ vhosts }: Pick<Config, 'vhosts'>): ReadonlyMap<string, HookOptions> {
  return new Map(vhosts.map((vhost) => [vhost.name, vhost.hooks]));
}

/** Authorizer of all of these, whose refusals are counted. */
function countRefusals(authorizers: readonly Authorizer[], counts: RefusalCounts): Authorizer {
  const all = composeGate(authorizers, []);
  return {
    async authorize(event, signal) {
      const verdict = await all.authorize(event, signal);
      if (!verdict.allowed) counts[event.action] = (counts[event.action] ?? 0) + 1;
      return verdict;
    },
    isInterested: (action, vhost) => all.isInterested(action, vhost),
  };
}
