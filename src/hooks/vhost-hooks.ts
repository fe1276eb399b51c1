import { createHash, type KeyObject } from 'node:crypto';
import type { Action } from '../model/lifecycle.ts';
import type { HookOptions, HookPolicy, HookSchema } from '../model/options.ts';
import { signingKeys } from './signature.ts';
import { parseTarget, type Target } from './target.ts';

/** The hooks of one vhost, ready for use. */
export interface VhostHooks {
  /** The same for vhosts whose hooks are the same in everything. */
  readonly identity: string;
  readonly schema: HookSchema;
  readonly timeoutMs: number;
  /** No key means no URL for that event. */
  readonly targets: ReadonlyMap<Action, readonly Target[]>;
  /** What requests are signed with; empty signs nothing. */
  readonly keys: readonly KeyObject[];
  /** How the URLs of an event are called. */
  policy(action: Action): HookPolicy;
}

/** Prepares `http_hooks { … }` of one vhost; hooks that are off have no targets. Throws on a URL that is none. */
export function prepareHooks(options: HookOptions, version: string): VhostHooks {
  const targets = new Map<Action, readonly Target[]>();
  const entries = options.enabled ? (Object.entries(options.urls) as [Action, readonly string[]][]) : [];
  for (const [action, urls] of entries) {
    if (urls.length > 0)
      targets.set(
        action,
        urls.map((url) => parseTarget(url, options, version)),
      );
  }
  return {
    identity: createHash('sha256').update(JSON.stringify(options)).digest('base64'),
    schema: options.schema,
    timeoutMs: options.timeoutMs,
    targets,
    keys: signingKeys(options.secrets),
    policy: (action) => options.policies[action] ?? options,
  };
}
