import { accessGate } from './access/access-gate.ts';
import type { Hooks } from './hooks/dispatcher.ts';
import { allOf, type Gate } from './model/lifecycle.ts';
import type { Config } from './model/options.ts';
import type { RefusalCount } from './refusal-count.ts';
import type { LobbyRules } from './visits/lobby.ts';

/** Who is asked about clients, beside the configuration. */
export interface Judges {
  readonly hooks: Hooks;
  /** Asked before all others. */
  readonly gate?: Gate | undefined;
  /** Counts what is refused, where somebody may look. */
  readonly refusals: RefusalCount | undefined;
}

/** What the lobby goes by under a configuration: its vhosts, and one gate of all that have a say, in their order. */
export function houseRules(config: Config, { hooks, gate, refusals }: Judges): LobbyRules {
  const vhosts = new Map(config.vhosts.map((vhost) => [vhost.name, vhost]));
  const hookGate = hooks.gateFor(new Map(config.vhosts.map((vhost) => [vhost.name, vhost.hooks])));
  const all = allOf(...(gate ? [gate] : []), accessGate(vhosts), hookGate);
  const snapshot = { vhosts, strictVhost: config.strictVhost, gate: refusals?.of(all) ?? all };
  return { snapshot, maxConnections: config.maxConnections };
}
