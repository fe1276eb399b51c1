import { createSecureContext, rootCertificates } from 'node:tls';
import { Client } from 'undici';
import { KEEP_ALIVE_MS, MAX_CONNECTIONS } from './limits.ts';
import type { Target } from './target.ts';

/** One connection, opened when it is first used and again when it was lost. */
export interface Connection {
  readonly client: Client;
  /** Requests that the socket of this moment has carried. */
  requests: number;
}

/** Something that wants a connection for itself. */
export interface Job {
  start(connection: Connection): void;
}

/**
 * A bounded number of keep-alive connections to one backend. undici's own Pool does the same, but tells a request
 * neither that its connection is a used one (which decides whether it may be repeated) nor lets it leave the queue.
 */
export class ConnectionPool {
  readonly #origin: string;
  readonly #options: Client.Options;
  readonly #all = new Set<Connection>();
  /** The last one used comes first, so that surplus connections grow old and close. */
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<Job>();
  #retired = false;

  constructor({ origin, connectTimeoutMs, ca, insecure }: Target) {
    this.#origin = origin;
    this.#options = {
      pipelining: 1,
      // The deadline of the chain is the only clock that counts; undici's own are off.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: {
        timeout: connectTimeoutMs,
        rejectUnauthorized: !insecure,
        // One context for all connections: reading the system's certificates again for each costs milliseconds.
        ...(ca === undefined
          ? {}
          : { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) }),
      },
    };
  }

  /** Starts `job` on a free connection, now or as soon as there is one. */
  run(job: Job): void {
    const connection = this.#idle.pop() ?? this.#open();
    if (connection === undefined) this.#waiting.add(job);
    else job.start(connection);
  }

  /** Takes a job that has not been started out of the queue; false if it is not there. */
  forget(job: Job): boolean {
    return this.#waiting.delete(job);
  }

  /** Takes a connection back from its job. */
  release(connection: Connection): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      next.start(connection);
    } else if (this.#retired) {
      this.#close(connection);
    } else {
      this.#idle.push(connection);
    }
  }

  /** Lets the jobs of this moment finish and closes each connection behind the last of them. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) this.#close(connection);
  }

  /** Cuts all connections; what runs on them fails. */
  async destroy(): Promise<void> {
    this.#retired = true;
    this.#waiting.clear();
    await Promise.all(Array.from(this.#all, ({ client }) => client.destroy()));
    this.#all.clear();
  }

  #open(): Connection | undefined {
    if (this.#all.size >= MAX_CONNECTIONS) return undefined;
    const connection: Connection = { client: new Client(this.#origin, this.#options), requests: 0 };
    connection.client.on('connect', () => {
      connection.requests = 0;
    });
    this.#all.add(connection);
    return connection;
  }

  #close(connection: Connection): void {
    this.#all.delete(connection);
    void connection.client.destroy();
  }
}
