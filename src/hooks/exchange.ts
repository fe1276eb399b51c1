import type { Dispatcher } from 'undici';
import type { Connection, ConnectionPool, Job } from './connection-pool.ts';
import { MAX_ANSWER_BYTES } from './limits.ts';
import { describeFailure, PostError } from './post-error.ts';
import type { Target } from './target.ts';

/** What a backend answered. */
export interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** Takes the outcome of an exchange, once. */
export interface Outcome {
  resolve(reply: Reply): void;
  reject(error: PostError): void;
}

/** One POST, from the queue for a connection to the last byte of its answer. */
export class Exchange implements Job, Dispatcher.DispatchHandler {
  readonly #pool: ConnectionPool;
  readonly #target: Target;
  readonly #request: Dispatcher.DispatchOptions;
  readonly #outcome: Outcome;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #settled = false;
  #repeated = false;
  #onUsedSocket = false;
  #connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(pool: ConnectionPool, target: Target, body: string, outcome: Outcome) {
    this.#pool = pool;
    this.#target = target;
    this.#outcome = outcome;
    this.#request = { method: 'POST', path: target.path, headers: target.headers, body };
  }

  start(connection: Connection): void {
    this.#connection = connection;
    connection.client.dispatch(this.#request, this);
  }

  /** Gives up, for a reason said as a verb phrase about the backend. */
  cancel(what: string, cause?: unknown): void {
    if (this.#settled) return;
    this.#fail(what, cause);
    if (this.#pool.forget(this)) return;
    // Still connecting if there is no controller: the request then ends when it would begin.
    this.#controller?.abort(new Error('cancelled'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#connection !== undefined) this.#onUsedSocket = this.#connection.requests++ > 0;
    if (this.#settled) controller.abort(new Error('cancelled'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_ANSWER_BYTES) this.cancel(`answered with more than ${MAX_ANSWER_BYTES} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settled) {
      this.#settled = true;
      const [first] = this.#chunks;
      const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
      this.#outcome.resolve({ status: this.#status, body });
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
    if (!this.#settled) this.#fail(describeFailure(error, this.#status !== 0), error);
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

  #fail(what: string, cause: unknown): void {
    this.#settled = true;
    this.#outcome.reject(new PostError(this.#target.shown, what, { cause }));
  }

  #release(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    // Later, for undici has not yet cleared this request away.
    queueMicrotask(() => this.#pool.release(connection));
  }
}
