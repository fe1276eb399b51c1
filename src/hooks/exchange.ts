import type { Dispatcher } from 'undici';
import type { Clock } from '../model/clock.ts';
import type { DeliveryTiming } from '../model/delivery.ts';
import type { Admission, Signs } from './breaker.ts';
import type { Connection, ConnectionPool, Job } from './connection-pool.ts';
import type { GateDeadline, QuestionWatcher } from './question.ts';

/** Longest answer of a backend, in bytes. */
const MAX_ANSWER_BYTES = 65_536;

/** One POST as it goes out. */
export interface Post {
  /** Path and query. */
  readonly path: string;
  /** Names and values in turns. */
  readonly headers: string[];
  readonly body: string;
  readonly connectTimeoutMs: number;
  /** Learns whether it is sent. */
  readonly watcher?: QuestionWatcher | undefined;
}

/** Response of a backend. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/**
 * How a POST ended without an answer. It was `unsent` if its time ended before its turn came, or nobody waited for it any
 * more; `unreachable` if there was no connection; `cut off` if the connection ended before the first byte of the answer,
 * and `broken` if that was none or not whole.
 */
export type Failure = 'unsent' | 'unreachable' | 'cut off' | 'timed out' | 'broken' | 'given up';

/** Result of a POST. */
export interface HttpReply {
  /** The response, or why there is none: a verb phrase about the backend (`refused the connection`). */
  readonly response: HttpResponse | string;
  /** Undefined of an answer, whatever its status. */
  readonly failure: Failure | undefined;
  readonly timing: DeliveryTiming;
  /** True if it was not sent because the backend is left alone, or too many wait for it. */
  readonly skipped: boolean;
}

/** What an exchange needs. */
export interface ExchangeDeps {
  readonly pool: ConnectionPool;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly limit: GateDeadline;
}

/** One POST, from the queue for a connection to the last byte of its answer. */
export class Exchange implements Job, Dispatcher.DispatchHandler {
  readonly admission: Admission;
  readonly #pool: ConnectionPool;
  readonly #clock: Clock;
  readonly #limit: GateDeadline;
  readonly #post: Post;
  readonly #done: (reply: HttpReply) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: HttpResponse['headers'] = {};
  #settled = false;
  #repeated = false;
  #onUsedSocket = false;
  #connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** Tells the breakers that admitted it of its end. */
  #leave: ((signs: Signs, failure: string) => void) | undefined;
  /** When it came to its connection, began to send and had the head of the answer; and if it found the connection open. */
  readonly #begunAt: number;
  #startedAt: number | undefined;
  #sentAt: number | undefined;
  #answeredAt: number | undefined;
  #wasOpen = false;

  /** `done` is called once. */
  constructor(deps: ExchangeDeps, post: Post, done: (reply: HttpReply) => void) {
    this.admission = deps.admission;
    this.#pool = deps.pool;
    this.#clock = deps.clock;
    this.#limit = deps.limit;
    this.#post = post;
    this.#done = done;
    this.#begunAt = deps.clock.now();
  }

  get path(): string {
    return this.#post.path;
  }

  get connectTimeoutMs(): number {
    return this.#post.connectTimeoutMs;
  }

  start(connection: Connection): void {
    this.#startedAt ??= this.#clock.now();
    this.#leave ??= this.admission.enter();
    this.#connection = connection;
    this.#wasOpen = connection.open;
    const noted = this.#post.watcher?.beforeSend();
    if (noted === undefined) this.#dispatch(connection);
    else void noted.then(() => (this.#settled ? this.#release() : this.#dispatch(connection)));
  }

  #dispatch(connection: Connection): void {
    const { path, headers, body } = this.#post;
    connection.client.dispatch({ method: 'POST', path, headers, body }, this);
  }

  dismiss(why?: string): void {
    if (!this.#settled) this.#fail('unsent', why ?? this.admission.why ?? 'is left alone', true);
  }

  /** Gives up as its time is over, or its client has gone; `why` is a verb phrase about the backend. */
  end(why: string): void {
    if (this.#settled) return;
    const started = this.#startedAt !== undefined;
    const state = this.admission.why ?? (started ? undefined : 'had no connection free');
    if (this.#limit.givenUp) this.#cancel('given up', why);
    else if (this.#sentAt !== undefined) this.#cancel('timed out', why);
    else this.#cancel(started ? 'unreachable' : 'unsent', state === undefined ? why : `${why}: it ${state}`);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#sentAt = this.#clock.now();
    this.#controller = controller;
    if (this.#connection !== undefined) this.#onUsedSocket = this.#connection.requests++ > 0;
    if (this.#settled) controller.abort(new Error('cancelled'));
    else this.#post.watcher?.sent();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: HttpResponse['headers'],
  ): void {
    this.#answeredAt ??= this.#clock.now();
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_ANSWER_BYTES)
      this.#cancel('broken', `answered with more than ${MAX_ANSWER_BYTES} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settled) {
      const [first] = this.#chunks;
      const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
      const response = { status: this.#status, headers: this.#headers, body };
      this.#settle({ response, failure: undefined, timing: this.#timing(), skipped: false });
    }
    this.#release();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#mayRepeat(error)) {
      this.#repeated = true;
      this.#controller = undefined;
      this.#sentAt = undefined;
      // Its socket is gone, so this connection opens a new one. Later, as undici is in the middle of closing it.
      queueMicrotask(() => {
        if (this.#settled || this.#connection === undefined) this.#release();
        else this.start(this.#connection);
      });
      return;
    }
    if (!this.#settled) this.#fail(this.#failureOf(error), describeFailure(error, this.#status !== 0));
    this.#release();
  }

  #failureOf(error: Error): Failure {
    if (isMismatch(error)) return 'broken';
    if (this.#sentAt === undefined) return 'unreachable';
    return this.#status === 0 && isCut(error) ? 'cut off' : 'broken';
  }

  /**
   * A backend may close an idle connection in the very moment in which a request sets out on it. Nothing is wrong with
   * the backend then, and refusing the client for it would be; so the question is put once more on a new connection.
   */
  #mayRepeat(error: Error): boolean {
    if (this.#settled || this.#repeated || !this.#onUsedSocket || this.#status !== 0) return false;
    return isCut(error);
  }

  #cancel(failure: Failure, why: string): void {
    this.#fail(failure, why, failure === 'unsent' && this.admission.why !== undefined);
    if (this.#pool.forget(this)) return;
    // Still connecting if there is no controller: the request then ends when it would begin.
    this.#controller?.abort(new Error('cancelled'));
  }

  #fail(failure: Failure, response: string, skipped = false): void {
    this.#settle({ response, failure, timing: this.#timing(), skipped });
  }

  #settle(reply: HttpReply): void {
    this.#settled = true;
    if (this.#sentAt === undefined) this.#post.watcher?.unsent();
    this.#leave?.(this.#signs(reply), failureText(reply));
    this.#done(reply);
  }

  #signs({ response, failure }: HttpReply): Signs {
    if (typeof response !== 'string') {
      return { time: 'well', service: isUnavailable(response.status) ? 'ill' : 'well', reach: 'well' };
    }
    if (failure === 'unreachable') return { time: 'none', service: 'none', reach: 'ill' };
    if (failure === 'timed out')
      return { time: this.#saysSlow ? 'ill' : 'none', service: 'none', reach: 'well' };
    if (failure === 'cut off') return { time: 'well', service: 'ill', reach: 'well' };
    if (failure === 'broken') return { time: 'well', service: 'well', reach: 'well' };
    return { time: 'none', service: 'none', reach: 'none' };
  }

  /** A request that came to its turn late says little by not being answered in the time that was left. */
  get #saysSlow(): boolean {
    const underWayMs = this.#clock.now() - (this.#startedAt ?? 0);
    return this.admission.isProbing || underWayMs >= this.#limit.ms / 2;
  }

  #timing(): DeliveryTiming {
    const now = this.#clock.now();
    const started = this.#startedAt;
    const sent = this.#sentAt;
    return {
      queueMs: (started ?? now) - this.#begunAt,
      connectMs: this.#wasOpen ? 0 : since(started, sent),
      firstByteMs: since(sent, this.#answeredAt),
      totalMs: now - this.#begunAt,
    };
  }

  #release(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    // Later, for undici has not yet cleared this request away.
    queueMicrotask(() => this.#pool.release(connection));
  }
}

/** What never set out. */
export function unsent(why: string, skipped: boolean): HttpReply {
  const timing = { queueMs: 0, connectMs: undefined, firstByteMs: undefined, totalMs: 0 };
  return { response: why, failure: 'unsent', timing, skipped };
}

/** True for what a gateway says for a backend that is away: 502, 503 and 504. */
export function isUnavailable(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

function isCut(error: Error): boolean {
  return 'code' in error && /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(String(error.code));
}

function failureText({ response }: HttpReply): string {
  return typeof response === 'string' ? response : `answered with status ${response.status}`;
}

function since(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}

const CAUSES: Record<string, string> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  EPIPE: 'closed the connection before it had answered',
  EHOSTUNREACH: 'cannot be reached: no route to its host',
  ENETUNREACH: 'cannot be reached: its network is unreachable',
  ETIMEDOUT: 'did not accept the connection in time',
  ENOTFOUND: 'cannot be found: its name has no address',
  EAI_AGAIN: 'cannot be found: the name server does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'did not accept the connection in time',
  UND_ERR_SOCKET: 'closed the connection before it had answered',
  UND_ERR_HEADERS_OVERFLOW: 'answered with too many header fields',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'announced a longer answer than it sent',
};

const UNTRUSTED = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH/;
const NO_TLS = /^ERR_(TLS|SSL|OSSL)/;

/** True if both sides do not understand or trust each other: trying again would change nothing. */
export function isMismatch(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return UNTRUSTED.test(code) || NO_TLS.test(code);
}

/** Says in a verb phrase (`refused the connection`) what went wrong; `answering` if part of the answer had come. */
export function describeFailure(error: Error, answering: boolean): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (answering && /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(code))
    return 'closed the connection in the middle of its answer';
  if (CAUSES[code] !== undefined) return CAUSES[code];
  if (error.name === 'HTTPParserError') return 'did not answer in HTTP';
  if (UNTRUSTED.test(code)) return `has a certificate that is not trusted (${code})`;
  if (NO_TLS.test(code)) return `does not speak TLS as expected (${code})`;
  return `could not be asked (${code === '' ? error.message : code})`;
}
