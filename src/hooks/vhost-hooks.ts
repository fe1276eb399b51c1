import { createHash, type KeyObject } from 'node:crypto';
import { ACTIONS, type Action } from '../model/events.ts';
import type { HookName, HookOptions, HookPolicy, HookSchema } from '../model/options.ts';
import { signingKeys } from './signature.ts';
import { parseTarget, type Target } from './target.ts';

/** The hooks of one vhost, ready for use. */
export interface VhostHooks {
  /** The same for vhosts whose hooks are the same in everything. */
  readonly identity: string;
  readonly schema: HookSchema;
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
  for (const action of options.enabled ? ACTIONS : []) {
    const all = hooksOf(action).flatMap((hook) =>
      (options.urls[hook] ?? []).map((url): Target => {
        const target = parseTarget(url, options, version);
        return hook === action ? target : { ...target, hook };
      }),
    );
    if (all.length > 0) targets.set(action, all);
  }
  return {
    identity: createHash('sha256').update(JSON.stringify(options)).digest('base64'),
    schema: options.schema,
    targets,
    keys: signingKeys(options.secrets),
    policy: (action) => options.policies[action] ?? options,
  };
}

/** The directives whose URLs an event goes to. The end of a publish or play goes to its own first, as in nginx-rtmp. */
function hooksOf(action: Action): readonly HookName[] {
  return action === 'on_unpublish' || action === 'on_stop' ? [action, 'on_done'] : [action];
}
