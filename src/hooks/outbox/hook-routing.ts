import type { Action } from '../../model/events.ts';
import type { HookOptions, HookSchema } from '../../model/options.ts';
import { prepareHooks, type VhostHooks } from '../vhost-hooks.ts';
import type { Addresses } from './records.ts';

/** What a configuration says of an event, and how that is done in each schema that is asked for. */
interface Entry {
  readonly options: HookOptions;
  readonly hooks: Map<HookSchema, VhostHooks>;
}

/** Of a vhost of which nothing is known. */
export const DEFAULT_SCHEMA: HookSchema = 'srs1';

/** Where each event of each vhost goes: what the newest configuration says, or the last one that said something. */
export class HookRouting {
  readonly #version: string;
  readonly #entries = new Map<string, Entry>();
  #current: ReadonlyMap<string, VhostHooks> = new Map();

  constructor(version: string) {
    this.#version = version;
  }

  /** Takes a configuration, as it was written and as it is ready for use. */
  update(options: ReadonlyMap<string, HookOptions>, hooks: ReadonlyMap<string, VhostHooks>): void {
    this.#current = hooks;
    for (const [vhost, ready] of hooks) {
      const written = options.get(vhost);
      if (!written) continue;
      const entry = { options: written, hooks: new Map([[ready.schema, ready]]) };
      for (const action of ready.targets.keys()) this.#entries.set(`${vhost} ${action}`, entry);
    }
  }

  /** The vhosts of the newest configuration that have a URL for an action. */
  vhostsWith(action: Action): (readonly [vhost: string, hooks: VhostHooks])[] {
    return Array.from(this.#current).filter(([, { targets }]) => targets.has(action));
  }

  /** The URLs that are stored with an event, so that it finds its way without a configuration. */
  urlsOf(vhost: string, action: Action): HookOptions['urls'] {
    const urls = this.#entries.get(`${vhost} ${action}`)?.options.urls ?? {};
    return Object.fromEntries(Object.entries(urls).filter(([name]) => name === action || name === 'on_done'));
  }

  /** The hooks by which an event goes, or what was stored with it; in its own schema, in which its body is. */
  hooksFor(vhost: string, action: Action, { schema, urls }: Addresses): VhostHooks {
    const entry = this.#entries.get(`${vhost} ${action}`);
    if (!entry) return prepareHooks(byDefault({ schema, urls }), this.#version);
    const hooks = entry.hooks.get(schema) ?? prepareHooks({ ...entry.options, schema }, this.#version);
    entry.hooks.set(schema, hooks);
    return hooks;
  }
}

/** How what was stored is sent when no configuration of this run knows its vhost or its event. */
function byDefault({ schema, urls }: Addresses): HookOptions {
  return {
    enabled: true,
    schema,
    urls,
    connectTimeoutMs: 3_000,
    timeoutMs: 10_000,
    retries: 0,
    onError: 'deny',
    cacheMs: 0,
    cacheKey: [],
    policies: {},
    secrets: [],
    headers: [],
    maxConnections: 64,
    maxQueue: 10_000,
    breaker: { failures: 0, openMs: 0 },
    updateMs: 0,
    ca: undefined,
    insecure: false,
    notifyBytes: 0,
  };
}
