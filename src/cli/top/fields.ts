/** What `gatecast top` reads of /api/v2/streams. */
export interface TopStream {
  readonly url: string;
  readonly vhost: string;
  readonly publishing: boolean;
  readonly startedAt: number | null;
  readonly players: number;
  readonly recvKbps: number;
  readonly sendKbps: number;
  readonly skips: number;
  readonly video: {
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly fps: number;
  } | null;
  readonly audio: { readonly codec: string } | null;
}

/** What it reads of /api/v2/server. */
export interface TopServer {
  readonly version: string;
  readonly uptimeMs: number;
  readonly load: readonly number[];
  readonly workers: readonly {
    readonly connections: number;
    readonly cpuPercent: number;
    readonly rssBytes: number;
    readonly loopDelayMs: { readonly p99: number };
  }[];
}

/** What it reads of /api/v2/hooks. */
export interface TopHooks {
  readonly urls: readonly {
    readonly breaker: string;
    readonly reachable: boolean;
    readonly outcomes: Readonly<Record<'allowed' | 'refused' | 'failed' | 'skipped', number>>;
  }[];
  readonly outbox: { readonly events: number };
}

/** Everything that one picture shows. */
export interface TopFacts {
  readonly at: number;
  readonly server: TopServer;
  readonly streams: readonly TopStream[];
  readonly hooks: TopHooks;
}
