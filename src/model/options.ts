/**
 * The configuration as the rooms see it. `config` produces these; a room that takes one never learns which
 * file, which grammar or which directive it came from. All are frozen.
 */
import type { Action } from './events.ts';
import type { RecordingPath } from './path-template.ts';

export interface ListenAddress {
  /** Numeric address to bind; undefined means every address, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** A certificate and its key as files: PEM, relative to the working directory. */
export interface CertificateFiles {
  /** The server's own certificate, then those that lead from it to one that clients trust. */
  readonly cert: string;
  readonly key: string;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Addresses at which clients speak TLS. */
export interface TlsListenOptions extends CertificateFiles {
  readonly listen: readonly ListenAddress[];
  /** Versions that are spoken; never none. */
  readonly versions: readonly TlsVersion[];
}

/** Policy of calling the URLs of one event. */
export interface HookPolicy {
  /** Time to reach a backend (TCP and TLS), in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Time for the whole chain of one event's URLs, repetitions included, in milliseconds. */
  readonly timeoutMs: number;
  /** Repetitions of a question to a URL that failed to answer, within `timeoutMs`. */
  readonly retries: number;
  /** Outcome of a question that a URL failed to answer: `allow` accepts the client. A refusal always refuses. */
  readonly onError: 'deny' | 'allow';
  /** For how long the same question need not be put again, in milliseconds; 0 asks always. */
  readonly cacheMs: number;
  /** Fields that make two questions the same, beside their action. */
  readonly cacheKey: readonly CacheKeyPart[];
}

export type CacheKeyPart = 'vhost' | 'app' | 'stream' | 'param' | 'ip';

/** When a backend that fails is left alone for a while. */
export interface BreakerOptions {
  /** Failures in a row after which no more is asked; 0 never stops asking. */
  readonly failures: number;
  /** For how long, in milliseconds; then one request tries. */
  readonly openMs: number;
}

/** Dialect of hooks: SRS 1.0's, that of SRS 5 and later, or nginx-rtmp's notify. */
export type HookSchema = 'srs1' | 'srs5' | 'nginx';

/**
 * Hooks that a directive can name: an event, nginx-rtmp's `on_done`, which is any publish or play that ended, or
 * `on_hls_notify`, which is a GET for each segment.
 */
export type HookName = Action | 'on_done' | 'on_hls_notify';

/** `http_hooks { … }` of one vhost; its own policy is that of the events that have none of their own. */
export interface HookOptions extends HookPolicy {
  readonly enabled: boolean;
  readonly schema: HookSchema;
  /** Absolute http(s) URLs per event, in the order in which they are called; a missing key means none. */
  readonly urls: Readonly<Partial<Record<HookName, readonly string[]>>>;
  /** Policies of events that have their own. */
  readonly policies: Readonly<Partial<Record<Action, HookPolicy>>>;
  /** Keys for signatures as raw bytes in base64, without `whsec_`; the first is the newest. Empty signs nothing. */
  readonly secrets: readonly string[];
  /** Headers that every request has, name and value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Connections to one backend at most. */
  readonly maxConnections: number;
  /** Requests that wait for a connection to one backend at most; one more fails at once. */
  readonly maxQueue: number;
  readonly breaker: BreakerOptions;
  /** Interval of `on_update` where no answer set one, in milliseconds. */
  readonly updateMs: number;
  /** PEM certificates that are trusted beside the system's; the text, already read. */
  readonly ca: string | undefined;
  /** True switches certificate verification off. */
  readonly insecure: boolean;
  /** Bytes that are read of an answer to `on_hls_notify`. */
  readonly notifyBytes: number;
}

/** `outbox { … }`: what is kept for the backends until they have taken it. */
export interface OutboxOptions {
  /** False keeps it in memory: it ends with the process. */
  readonly enabled: boolean;
  /** Events held at most. */
  readonly maxEvents: number;
  /** Victim when that many are held: the oldest event, or clients that would cause new ones. */
  readonly whenFull: 'drop_oldest' | 'refuse_clients';
  /** Age at which an event is given up, in milliseconds. */
  readonly maxAgeMs: number;
  /** Time to the first repetition, in milliseconds; doubled each time … */
  readonly retryMinMs: number;
  /** … up to this. */
  readonly retryMaxMs: number;
}

/** `play { … }` and the directives beside it: how a stream of this vhost is fanned out. */
export interface PlayOptions {
  readonly gopCache: boolean;
  /** Packets that a GOP cache holds at most. */
  readonly gopCacheMaxFrames: number;
  /** Backlog that a player may have, in milliseconds of media. */
  readonly queueLengthMs: number;
  /** Interval of flushes in milliseconds, or `auto`: as short as the machine's load allows. */
  readonly mwLatency: number | 'auto';
  /** True flushes at the end of each turn, whatever `mwLatency` says. */
  readonly minLatency: boolean;
  /** `full`: a stream's time goes on when its publisher comes back; `zero`: each publish starts at 0; `off`: as sent. */
  readonly timeJitter: 'full' | 'zero' | 'off';
  /** Time that players wait for the next publisher after an unpublish, in milliseconds. */
  readonly unpublishWaitMs: number | 'never';
  /** The same when it went without a word. */
  readonly publisherLostWaitMs: number | 'never';
}

export interface PublishOptions {
  /** Time until the first media message, in milliseconds. */
  readonly firstPktTimeoutMs: number;
  /** Longest silence of a running publisher, in milliseconds. */
  readonly normalTimeoutMs: number;
  /** Time without a player after which the publisher is closed, in milliseconds; 0 is never. */
  readonly kickoffForIdleMs: number;
}

/** One rule of `security { … }`: `allow|deny publish|play all|IP|CIDR`. */
export interface SecurityRule {
  readonly verdict: 'allow' | 'deny';
  readonly role: 'publish' | 'play';
  /** `all`, an address, or a network in CIDR form. */
  readonly from: string;
}

/** `refer { … }`: hosts of pages (themselves or those below them) that may embed this vhost's streams; an empty list allows all. */
export interface ReferOptions {
  readonly enabled: boolean;
  readonly all: readonly string[];
  readonly publish: readonly string[];
  readonly play: readonly string[];
}

/** `hls { … }`: how streams are cut into segments, where these are kept and who may have them. */
export interface HlsOptions {
  readonly enabled: boolean;
  readonly format: 'ts' | 'fmp4';
  readonly storage: 'disk' | 'memory';
  /** Length of a segment, in milliseconds of media. */
  readonly fragmentMs: number;
  /** Length of a playlist, in milliseconds of media. */
  readonly windowMs: number;
  /** HookRouting of the files; may hold `[vhost]`. */
  readonly path: string;
  /** Paths under `path`, with words in brackets for what differs. */
  readonly m3u8File: string;
  readonly tsFile: string;
  readonly fmp4File: string;
  readonly initFile: string;
  /** False keeps the files of segments that no playlist lists any more. */
  readonly cleanup: boolean;
  /** Time after the end of a stream until it is removed, in milliseconds; 0 is never. */
  readonly disposeMs: number;
  /** False cuts where time is over, keyframe or not. */
  readonly waitKeyframe: boolean;
  /** The target duration is at least `fragmentMs` times this. */
  readonly tdRatio: number;
  /** Without a keyframe a segment is cut at `fragmentMs` times this. */
  readonly aofRatio: number;
  /** Viewers are sessions, which are asked about. */
  readonly ctx: boolean;
  /** The URLs of segments carry the session too. */
  readonly tsCtx: boolean;
}

/** `http_remux { … }`: a vhost's streams as FLV over HTTP and WebSocket. */
export interface HttpRemuxOptions {
  readonly enabled: boolean;
  /** Path of a stream, from its first `/` on, with `[app]` and `[stream]`; ends in `.flv`. */
  readonly mount: string;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
  /** False sends what `hasAudio` and `hasVideo` deny, all the same. */
  readonly dropIfNotMatch: boolean;
  /** True announces what the stream has; false what `hasAudio` and `hasVideo` say. */
  readonly guessHasAv: boolean;
}

/** `dvr { … }`: what is recorded of a vhost's publishes, and where. */
export interface DvrOptions {
  readonly enabled: boolean;
  /** Each is a recording of its own. At least one. */
  readonly paths: readonly RecordingPath[];
  /** `session`: a file for each publish; `segment`: a new one after `durationMs`. */
  readonly plan: 'session' | 'segment';
  readonly durationMs: number;
  /** True lets a segment begin at a keyframe, if there is video. */
  readonly waitKeyframe: boolean;
  /** Streams as `app/stream` that are recorded where the backend does not say. */
  readonly apply: 'all' | readonly string[];
}

export interface VhostOptions {
  readonly name: string;
  /** A vhost that is off refuses its clients. */
  readonly enabled: boolean;
  /** Bytes per chunk that this vhost's clients are sent, 128..65536. */
  readonly chunkSize: number;
  readonly tcpNodelay: boolean;
  /** Acknowledgement window announced to clients, in bytes. */
  readonly outAckSize: number;
  /** Window after which the server acknowledges, in bytes; 0 follows what the client asks. */
  readonly inAckSize: number;
  readonly play: PlayOptions;
  readonly publish: PublishOptions;
  readonly hooks: HookOptions;
  readonly dvr: DvrOptions;
  /** undefined when the block is off. */
  readonly security: readonly SecurityRule[] | undefined;
  readonly refer: ReferOptions;
  /** Certificate for clients that ask TLS for this vhost's name, or for a name in the certificate. */
  readonly tls: CertificateFiles | undefined;
  readonly hls: HlsOptions;
  readonly httpRemux: HttpRemuxOptions;
}

/** `proxy_protocol { … }`: peers in `trusted` must begin with a PROXY header, whose source address then counts. */
export interface ProxyProtocolOptions {
  readonly enabled: boolean;
  /** Addresses and CIDR networks. */
  readonly trusted: readonly string[];
}

/** `http_server { … }`: where players over HTTP connect. */
export interface HttpServerOptions {
  readonly enabled: boolean;
  readonly listen: readonly ListenAddress[];
  /** HookRouting whose files everybody may fetch; undefined serves none. */
  readonly dir: string | undefined;
  /** True lets everybody fetch the recordings that are in `dir` too. */
  readonly serveRecordings: boolean;
  /** True lets pages of other hosts play. */
  readonly crossdomain: boolean;
  /** Proxies whose X-Forwarded-For is believed: addresses and CIDR networks. */
  readonly trusted: readonly string[];
  /** Connections of one address, unless it is a trusted proxy's or this machine's own; 0 sets no bound. */
  readonly maxConnectionsPerAddress: number;
}

export interface LogOptions {
  /** undefined is standard output. */
  readonly file: string | undefined;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/** An address that is not every address. */
export interface HostAddress extends ListenAddress {
  readonly host: string;
}

/** `http_api { … }`: the control API, the metrics and the console. */
export interface HttpApiOptions {
  readonly enabled: boolean;
  /** Never every address by default: the host is always there. */
  readonly listen: readonly HostAddress[];
  /** Addresses of `http_server` at which it answers too, with TLS or without. */
  readonly shared: readonly ListenAddress[];
  /** Listener with TLS. */
  readonly https: (TlsListenOptions & { readonly listen: readonly HostAddress[] }) | undefined;
  /** True lets pages of any origin use `/api/v1`. */
  readonly crossdomain: boolean;
  /** True lets the file be read and replaced. */
  readonly editConfig: boolean;
  /** True gives the metrics figures for each stream. */
  readonly streamMetrics: boolean;
  /** Undefined lets everybody in. */
  readonly credentials: Credentials | undefined;
}

/** User with a token instead of a name. */
export const BEARER_USER = 'bearer';

/** Users of the API. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The whole configuration, resolved: every value present. */
export interface Config {
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** undefined when the block is off. */
  readonly rtmps: TlsListenOptions | undefined;
  readonly maxConnections: number;
  /** Processes that share the ports; `auto` is one for each core. */
  readonly workers: number | 'auto';
  /** Announced to backends (`server_id`); undefined makes one up at start. */
  readonly serverId: string | undefined;
  readonly pidFile: string | undefined;
  readonly log: LogOptions;
  /** True refuses a client that names a vhost which is not configured, even if there is a default vhost. */
  readonly strictVhost: boolean;
  /** Time that a stopping server waits for its closing hooks, in milliseconds. */
  readonly drainTimeoutMs: number;
  readonly proxyProtocol: ProxyProtocolOptions;
  /** HookRouting of the outbox and of the socket by which the command line reaches the server. */
  readonly stateDir: string;
  readonly outbox: OutboxOptions;
  /** Deliveries that the journal remembers. */
  readonly journalSize: number;
  readonly httpServer: HttpServerOptions;
  /** `https { … }` of `http_server`; undefined when either is off. */
  readonly https: TlsListenOptions | undefined;
  readonly httpApi: HttpApiOptions;
  readonly vhosts: readonly VhostOptions[];
}
