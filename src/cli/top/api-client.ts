import type { Dispatcher, Pool } from 'undici';

/** Fields that `gatecast top` reads of /api/v2/streams. */
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

/** Fields that it reads of /api/v2/server. */
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

/** Fields that it reads of /api/v2/hooks. */
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

/** A server that does not answer for this long is not there. */
const TIMEOUT_MS = 5000;

/** Origin of the control API, and the user who asks. */
export interface ApiAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Asks a running server's control API. Errors are sentences for the user. */
export class ApiClient {
  readonly #origin: string;
  readonly #pool: Promise<Pool>;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ origin, username, password = '' }: ApiAddress) {
    this.#origin = origin;
    this.#pool = openPool(origin);
    const basic = Buffer.from(`${username ?? ''}:${password}`).toString('base64');
    this.#headers = {
      'x-gatecast': 'top',
      ...(username === undefined ? {} : { authorization: `Basic ${basic}` }),
    };
  }

  /** The server as it is now. */
  async look(): Promise<TopFacts> {
    const [server, { streams }, hooks] = await Promise.all([
      this.#get<TopServer>('/api/v2/server'),
      this.#get<{ streams: TopStream[] }>('/api/v2/streams'),
      this.#get<TopHooks>('/api/v2/hooks'),
    ]);
    return { at: Date.now(), server, streams, hooks };
  }

  async close(): Promise<void> {
    const pool = await this.#pool;
    await pool.destroy();
  }

  async #get<T>(path: string): Promise<T> {
    const pool = await this.#pool;
    const { statusCode, body } = await pool
      .request({ method: 'GET', path, headers: this.#headers })
      .catch((error: unknown): Dispatcher.ResponseData => {
        throw new Error(
          `No control API answers at ${this.#origin} (${(error as Error).message}). Is http_api on? Name the configuration with -c, or the address with --url.`,
          { cause: error },
        );
      });
    if (statusCode === 200) return (await body.json()) as T;
    const text = await body.text();
    if (statusCode === 401)
      throw new Error(
        `${this.#origin} wants a username and a password: give --user, and GATECAST_PASSWORD in the environment.`,
      );
    throw new Error(`${this.#origin}${path} answered with status ${statusCode}: ${text.slice(0, 200)}`);
  }
}

/** undici is loaded here: most commands need none of it. */
async function openPool(origin: string): Promise<Pool> {
  const { Pool } = await import('undici');
  return new Pool(origin, { connections: 3, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
}
