import type { Action } from '../../model/lifecycle.ts';
import type { HookOptions } from '../../model/options.ts';
import { prepareHooks, type VhostHooks } from '../vhost-hooks.ts';
import type { Addresses } from './records.ts';

interface Entry {
  readonly options: HookOptions;
  readonly hooks: VhostHooks;
}

const NOWHERE: Addresses = { schema: 'srs1', urls: {} };

/** Where each event of each vhost goes: what the newest configuration says, or the last one that said something. */
export class Directory {
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
      for (const action of ready.targets.keys())
        this.#entries.set(`${vhost} ${action}`, { options: written, hooks: ready });
    }
  }

  /** The vhosts of the newest configuration that have a URL for an action. */
  vhostsWith(action: Action): string[] {
    return Array.from(this.#current)
      .filter(([, { targets }]) => targets.has(action))
      .map(([vhost]) => vhost);
  }

  /** What is stored with an event, so that it finds its way without a configuration. */
  addressesOf(vhost: string, action: Action): Addresses {
    const entry = this.#entries.get(`${vhost} ${action}`);
    if (!entry) return NOWHERE;
    const { schema, urls } = entry.options;
    const own = Object.entries(urls).filter(([name]) => name === action || name === 'on_done');
    return { schema, urls: Object.fromEntries(own) };
  }

  /** The hooks by which an event goes, or what was stored with it. */
  hooksFor(vhost: string, action: Action, { schema, urls }: Addresses): VhostHooks {
    const entry = this.#entries.get(`${vhost} ${action}`);
    return entry?.hooks ?? prepareHooks(byDefault({ schema, urls }), this.#version);
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
