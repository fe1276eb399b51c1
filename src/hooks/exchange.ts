import type { Dispatcher } from 'undici';
import type { Clock } from '../model/clock.ts';
import type { DeliveryTiming } from '../model/delivery.ts';
import type { Connection, ConnectionPool, Job } from './connection-pool.ts';
import { describeFailure } from './describe-failure.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';
import type { QuestionWatcher } from './question-watcher.ts';

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
  /** True if a client waits for the answer. */
  readonly urgent: boolean;
}

/** What a backend answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What came of a POST. */
export interface Exchanged {
  /** The answer, or why there is none: a verb phrase about the backend (`refused the connection`). */
  readonly reply: Reply | string;
  readonly timing: DeliveryTiming;
  /** False if it never had a connection. */
  readonly started: boolean;
  /** True if it was not even to wait for one: the breaker is open, or the queue is full. */
  readonly skipped: boolean;
}

/** One POST, from the queue for a connection to the last byte of its answer. */
export class Exchange implements Job, Dispatcher.DispatchHandler {
  readonly #pool: ConnectionPool;
  readonly #post: Post;
  readonly #clock: Clock;
  readonly #done: (exchanged: Exchanged) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #headers: Reply['headers'] = {};
  #settled = false;
  #repeated = false;
  #onUsedSocket = false;
  #connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** When it came to its connection, began to send and had the head of the answer; and if it found the connection open. */
  readonly #begunAt: number;
  #startedAt: number | undefined;
  #sentAt: number | undefined;
  #answeredAt: number | undefined;
  #wasOpen = false;

  /** `done` is called once. */
  constructor(pool: ConnectionPool, post: Post, clock: Clock, done: (exchanged: Exchanged) => void) {
    this.#pool = pool;
    this.#post = post;
    this.#clock = clock;
    this.#done = done;
    this.#begunAt = clock.now();
  }

  get urgent(): boolean {
    return this.#post.urgent;
  }

  get connectTimeoutMs(): number {
    return this.#post.connectTimeoutMs;
  }

  start(connection: Connection): void {
    this.#startedAt ??= this.#clock.now();
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

  dismiss(why: string): void {
    if (!this.#settled) this.#settle(why, true);
  }

  /** Gives up, for a reason said as a verb phrase about the backend. */
  cancel(what: string): void {
    if (this.#settled) return;
    this.#settle(what);
    if (this.#pool.forget(this)) return;
    // Still connecting if there is no controller: the request then ends when it would begin.
    this.#controller?.abort(new Error('cancelled'));
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
    headers: Reply['headers'],
  ): void {
    this.#answeredAt ??= this.#clock.now();
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_ANSWER_BYTES) this.cancel(`answered with more than ${MAX_ANSWER_BYTES} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settled) {
      const [first] = this.#chunks;
      const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
      this.#settle({ status: this.#status, headers: this.#headers, body });
    }
    this.#release();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#mayRepeat(error)) {
      this.#repeated = true;
      this.#controller = undefined;
      // Its socket is gone, so this connection opens a new one. Later, as undici is in the middle of closing it.
      queueMicrotask(() => {
        if (this.#settled || this.#connection === undefined) this.#release();
        else this.start(this.#connection);
      });
      return;
    }
    if (!this.#settled) this.#settle(describeFailure(error, this.#status !== 0));
    this.#release();
  }

  /**
   * A backend may close an idle connection in the very moment in which a request sets out on it. Nothing is wrong with
   * the backend then, and refusing the client for it would be; so the question is put once more on a new connection.
   */
  #mayRepeat(error: Error): boolean {
    if (this.#settled || this.#repeated || !this.#onUsedSocket || this.#status !== 0) return false;
    return (
      'code' in error &&
      (error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE')
    );
  }

  #settle(reply: Reply | string, skipped = false): void {
    this.#settled = true;
    if (this.#sentAt === undefined) this.#post.watcher?.unsent();
    const started = this.#startedAt !== undefined;
    this.#done({ reply, timing: this.#timing(), started, skipped });
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

function since(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
