import type {
  Config,
  DvrOptions,
  HlsOptions,
  HookOptions,
  HttpApiOptions,
  HttpRemuxOptions,
  OutboxOptions,
  PlayOptions,
  PublishOptions,
  VhostOptions,
} from '../../src/model/options.ts';
import { DEFAULT_VHOST } from '../../src/model/stream-key.ts';
import { ownStateDir } from './temporary.ts';

export const PLAY: PlayOptions = {
  gopCache: true,
  gopCacheMaxFrames: 2500,
  queueLengthMs: 30_000,
  mwLatency: 0,
  minLatency: false,
  timeJitter: 'full',
  unpublishWaitMs: 5_000,
  publisherLostWaitMs: 60_000,
};

export const PUBLISH: PublishOptions = {
  firstPktTimeoutMs: 20_000,
  normalTimeoutMs: 5_000,
  kickoffForIdleMs: 0,
};

export const NO_HOOKS: HookOptions = {
  enabled: false,
  schema: 'srs1',
  urls: {},
  connectTimeoutMs: 2_000,
  timeoutMs: 5_000,
  retries: 0,
  onError: 'deny',
  cacheMs: 0,
  cacheKey: ['vhost', 'app', 'stream', 'param', 'ip'],
  policies: {},
  secrets: [],
  headers: [],
  maxConnections: 64,
  maxQueue: 10_000,
  breaker: { failures: 0, openMs: 10_000 },
  updateMs: 30_000,
  ca: undefined,
  insecure: false,
  notifyBytes: 64,
};

export const NO_DVR: DvrOptions = {
  enabled: false,
  paths: [],
  plan: 'session',
  durationMs: 30_000,
  waitKeyframe: true,
  apply: 'all',
};

export const SRS5: HookOptions = { ...NO_HOOKS, schema: 'srs5' };

export const HLS: HlsOptions = {
  enabled: false,
  format: 'ts',
  storage: 'memory',
  fragmentMs: 2_000,
  windowMs: 10_000,
  path: './objs/nginx/html',
  m3u8File: '[app]/[stream].m3u8',
  tsFile: '[app]/[stream]-[seq].ts',
  fmp4File: '[app]/[stream]-[seq].m4s',
  initFile: '[app]/[stream]-init-[seq].mp4',
  cleanup: true,
  disposeMs: 120_000,
  waitKeyframe: true,
  tdRatio: 1,
  aofRatio: 2.1,
  ctx: true,
  tsCtx: true,
};

/** Switched on, as it is by default otherwise. */
export const REMUX: HttpRemuxOptions = {
  enabled: true,
  mount: '/[app]/[stream].flv',
  hasAudio: true,
  hasVideo: true,
  dropIfNotMatch: true,
  guessHasAv: true,
};

/** A vhost with nothing special, but for what is given. */
export function vhost(options: Partial<VhostOptions> = {}): VhostOptions {
  return {
    name: DEFAULT_VHOST,
    enabled: true,
    chunkSize: 60_000,
    tcpNodelay: true,
    outAckSize: 2_500_000,
    inAckSize: 0,
    play: PLAY,
    publish: PUBLISH,
    hooks: NO_HOOKS,
    dvr: NO_DVR,
    security: undefined,
    refer: { enabled: false, all: [], publish: [], play: [] },
    tls: undefined,
    hls: HLS,
    httpRemux: REMUX,
    ...options,
  };
}

/** In memory, and quick to try again. */
export const OUTBOX: OutboxOptions = {
  enabled: false,
  maxEvents: 100_000,
  whenFull: 'drop_oldest',
  maxAgeMs: 86_400_000,
  retryMinMs: 10,
  retryMaxMs: 1000,
};

export const HTTP_API: HttpApiOptions = {
  enabled: false,
  listen: [{ host: '127.0.0.1', port: 0 }],
  shared: [],
  https: undefined,
  crossdomain: false,
  editConfig: false,
  streamMetrics: false,
  credentials: undefined,
};

/** A whole configuration of one test that listens at a port of the operating system's choice on the loopback address. */
export function config(options: Partial<Config> = {}): Config {
  return {
    listen: [{ host: '127.0.0.1', port: 0 }],
    rtmps: undefined,
    maxConnections: 100,
    workers: 1,
    serverId: undefined,
    pidFile: undefined,
    log: { file: undefined, level: 'info' },
    strictVhost: false,
    drainTimeoutMs: 2_000,
    proxyProtocol: { enabled: false, trusted: [] },
    stateDir: ownStateDir(),
    outbox: OUTBOX,
    journalSize: 1000,
    httpServer: {
      enabled: false,
      listen: [],
      dir: undefined,
      serveRecordings: false,
      crossdomain: true,
      trusted: [],
      maxConnectionsPerAddress: 0,
    },
    https: undefined,
    httpApi: HTTP_API,
    vhosts: [vhost()],
    ...options,
  };
}
