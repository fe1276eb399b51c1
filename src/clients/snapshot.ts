import type { Gate } from '../model/authorization.ts';
import type { VhostOptions } from '../model/options.ts';

/** The configuration that a client takes up when it comes and keeps. */
export interface Snapshot {
  readonly vhosts: ReadonlyMap<string, VhostOptions>;
  readonly strictVhost: boolean;
  readonly gate: Gate;
}
