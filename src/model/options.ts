/**
 * What the rooms want to know of the configuration. `config` produces these; a room that takes one never learns which
 * file, which grammar or which directive it came from. All are frozen.
 */
import type { Action } from './lifecycle.ts';

export interface ListenAddress {
  /** Numeric address to bind; undefined means every address, IPv6 and IPv4. */
  readonly host: string | undefined;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** `http_hooks { … }` of one vhost. */
export interface HookOptions {
  readonly enabled: boolean;
  /** Dialect of the bodies: SRS 1.0's fields and integer client_id, or those of SRS 5 and later. */
  readonly schema: 'srs1' | 'srs5';
  /** Absolute http(s) URLs per event, in the order in which they are called; a missing key means none. */
  readonly urls: Readonly<Partial<Record<Action, readonly string[]>>>;
  /** Time to reach a backend (TCP and TLS), in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Time for the whole chain of one event's URLs, in milliseconds. */
  readonly timeoutMs: number;
  /** PEM certificates that are trusted beside the system's; the text, already read. */
  readonly ca: string | undefined;
  /** True switches certificate verification off. */
  readonly insecure: boolean;
}

/** `play { … }` and its neighbours: how a stream of this vhost is fanned out. */
export interface PlayOptions {
  readonly gopCache: boolean;
  /** Packets that a GOP cache holds at most. */
  readonly gopCacheMaxFrames: number;
  /** How far a player may fall behind, in milliseconds of media. */
  readonly queueLengthMs: number;
  /** Interval of flushes in milliseconds, or `auto`: as short as the machine's load allows. */
  readonly mwLatency: number | 'auto';
  /** True flushes at the end of each turn, whatever `mwLatency` says. */
  readonly minLatency: boolean;
  /** `full`: a stream's time goes on when its publisher comes back; `zero`: each publish starts at 0; `off`: as sent. */
  readonly timeJitter: 'full' | 'zero' | 'off';
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
  /** undefined when the block is off. */
  readonly security: readonly SecurityRule[] | undefined;
  readonly refer: ReferOptions;
}

/** `proxy_protocol { … }`: peers in `trusted` must begin with a PROXY header, whose source address then counts. */
export interface ProxyProtocolOptions {
  readonly enabled: boolean;
  /** Addresses and CIDR networks. */
  readonly trusted: readonly string[];
}

export interface LogOptions {
  /** undefined is standard output. */
  readonly file: string | undefined;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
}

/** The whole configuration, resolved: every value present. */
export interface Config {
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  readonly maxConnections: number;
  /** Processes that share the ports; `auto` is one for each core. */
  readonly workers: number | 'auto';
  /** Announced to backends (`server_id`); undefined makes one up at start. */
  readonly serverId: string | undefined;
  readonly pidFile: string | undefined;
  readonly log: LogOptions;
  /** True refuses a client that names a vhost which is not configured, even if there is a default vhost. */
  readonly strictVhost: boolean;
  /** How long a stopping server waits for its closing hooks, in milliseconds. */
  readonly drainTimeoutMs: number;
  readonly proxyProtocol: ProxyProtocolOptions;
  readonly vhosts: readonly VhostOptions[];
}
