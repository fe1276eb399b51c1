import type { KeyObject } from 'node:crypto';
import type { Action } from '../model/lifecycle.ts';
import type { HookOptions, HookPolicy, HookSchema } from '../model/options.ts';
import { signingKeys } from './signature.ts';
import { parseTarget, type Target } from './target.ts';

/** The hooks of one vhost, ready for use. */
export interface VhostHooks {
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
    schema: options.schema,
    timeoutMs: options.timeoutMs,
    targets,
    keys: signingKeys(options.secrets),
    policy: (action) => options.policies[action] ?? options,
  };
}
