import { createSecureContext, rootCertificates } from 'node:tls';
import { buildConnector, Client } from 'undici';
import { KEEP_ALIVE_MS } from './limits.ts';
import type { BackendOptions } from './target.ts';

/** One connection, opened when it is first used and again when it was lost. */
export interface Connection {
  readonly client: Client;
  /** True while there is a socket that is ready for use. */
  open: boolean;
  /** Requests that the socket of this moment has carried. */
  requests: number;
  /** What opening it may take, in milliseconds: its job's. */
  connectTimeoutMs: number;
}

/** Something that wants a connection for itself. */
export interface Job {
  /** True for questions, where a client waits: they come first. */
  readonly urgent: boolean;
  /** Time to open a connection, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  start(connection: Connection): void;
  /** Ends the job before it has begun; `why` is a verb phrase about the backend. */
  dismiss(why: string): void;
}

/**
 * A bounded number of keep-alive connections to one backend, and a bounded queue before them. undici's own Pool does
 * something like it, but tells a request neither that its connection is a used one (which decides whether it may be
 * repeated) nor lets it leave the queue.
 *
 * Jobs that are not urgent start behind all that are, and have half of the connections at most: the end of many clients
 * never closes the gate to new ones.
 */
export class ConnectionPool {
  readonly #backend: BackendOptions;
  readonly #tls: buildConnector.BuildOptions;
  readonly #connectors = new Map<number, buildConnector.connector>();
  readonly #all = new Set<Connection>();
  /** The last one used comes first, so that surplus connections grow old and close. */
  readonly #idle: Connection[] = [];
  readonly #urgent = new Set<Job>();
  readonly #patient = new Set<Job>();
  /** Connections on which a patient job runs. */
  readonly #lent = new Set<Connection>();
  #retired = false;

  /** Throws if the backend's CA text cannot be used. */
  constructor(backend: BackendOptions) {
    this.#backend = backend;
    const { ca, insecure } = backend;
    this.#tls = {
      rejectUnauthorized: !insecure,
      // One context for all connections: reading the system's certificates again for each costs milliseconds.
      ...(ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) }),
    };
  }

  /** Starts `job` on a free connection, now or as soon as there is one; false if too many wait already. */
  run(job: Job): boolean {
    const connection = this.#mayStart(job) ? (this.#idle.pop() ?? this.#open()) : undefined;
    if (connection !== undefined) {
      this.#start(job, connection);
      return true;
    }
    const queue = job.urgent ? this.#urgent : this.#patient;
    if (queue.size >= this.#backend.maxQueue) return false;
    queue.add(job);
    return true;
  }

  /** Takes a job that has not been started out of the queue; false if it is not there. */
  forget(job: Job): boolean {
    return this.#urgent.delete(job) || this.#patient.delete(job);
  }

  /** Empties the queue and returns what waited, questions first. */
  takeWaiting(): readonly Job[] {
    const waiting = [...this.#urgent, ...this.#patient];
    this.#urgent.clear();
    this.#patient.clear();
    return waiting;
  }

  /** Takes a connection back from its job. */
  release(connection: Connection): void {
    this.#lent.delete(connection);
    const next = this.#next();
    if (next !== undefined) this.#start(next, connection);
    else if (this.#retired) this.#close(connection);
    else this.#idle.push(connection);
  }

  /** Lets the jobs of this moment finish and closes each connection behind the last of them. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) this.#close(connection);
  }

  /** Cuts all connections; what runs on them fails. */
  async destroy(): Promise<void> {
    this.#retired = true;
    this.#urgent.clear();
    this.#patient.clear();
    await Promise.all(Array.from(this.#all, ({ client }) => client.destroy()));
    this.#all.clear();
  }

  #mayStart({ urgent }: Job): boolean {
    return urgent || this.#lent.size < Math.ceil(this.#backend.maxConnections / 2);
  }

  /** Takes the job that is next out of the queue. */
  #next(): Job | undefined {
    for (const queue of [this.#urgent, this.#patient]) {
      const [job] = queue;
      if (job === undefined || !this.#mayStart(job)) continue;
      queue.delete(job);
      return job;
    }
    return undefined;
  }

  #start(job: Job, connection: Connection): void {
    if (!job.urgent) this.#lent.add(connection);
    connection.connectTimeoutMs = job.connectTimeoutMs;
    job.start(connection);
  }

  #open(): Connection | undefined {
    if (this.#all.size >= this.#backend.maxConnections) return undefined;
    const client = new Client(this.#backend.origin, {
      pipelining: 1,
      // The deadline of the chain is the only clock that counts; undici's own are off.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: (options, callback) => this.#connector(connection.connectTimeoutMs)(options, callback),
    });
    const connection: Connection = { client, open: false, requests: 0, connectTimeoutMs: 0 };
    client.on('connect', () => {
      connection.open = true;
      connection.requests = 0;
    });
    client.on('disconnect', () => {
      connection.open = false;
    });
    this.#all.add(connection);
    return connection;
  }

  /** One for each timeout, of which a configuration has few. */
  #connector(timeout: number): buildConnector.connector {
    const connector = this.#connectors.get(timeout) ?? buildConnector({ ...this.#tls, timeout });
    this.#connectors.set(timeout, connector);
    return connector;
  }

  #close(connection: Connection): void {
    this.#all.delete(connection);
    void connection.client.destroy();
  }
}
