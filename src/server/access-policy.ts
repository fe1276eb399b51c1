import { accessGate } from '../access/access-gate.ts';
import type { ServerPolicy } from '../clients/client-registry.ts';
import type { Hooks } from '../hooks/hooks.ts';
import { allOf, type Gate } from '../model/events.ts';
import type { Config } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import type { RefusalCount } from './refusal-count.ts';

/** Who is asked about clients, beside the configuration. */
export interface Authorizers {
  readonly hooks: Hooks;
  /** Asked before all others. */
  readonly gate?: Gate | undefined;
  /** Counts what is refused, where somebody may look. */
  readonly refusals: RefusalCount | undefined;
}

/** Rules that count once the hooks that they ask are committed. */
export interface PreparedPolicy extends PreparedChange {
  readonly policy: ServerPolicy;
}

/**
 * What the client registry goes by under a configuration: its vhosts, and one gate of all that have a say, in their order. Throws
 * what preparing the hooks throws.
 */
export function prepareAccessPolicy(config: Config, { hooks, gate, refusals }: Authorizers): PreparedPolicy {
  const vhosts = new Map(config.vhosts.map((vhost) => [vhost.name, vhost]));
  const access = accessGate(vhosts);
  const prepared = hooks.prepare(new Map(config.vhosts.map((vhost) => [vhost.name, vhost.hooks])));
  const all = allOf(...(gate ? [gate] : []), access, prepared.gate);
  const snapshot = { vhosts, strictVhost: config.strictVhost, gate: refusals?.of(all) ?? all };
  return { ...prepared, policy: { snapshot, maxConnections: config.maxConnections } };
}
