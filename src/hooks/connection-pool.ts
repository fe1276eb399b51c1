import type { Duplex } from 'node:stream';
import { createSecureContext, rootCertificates } from 'node:tls';
import { buildConnector, Client } from 'undici';
import type { Clock } from '../model/clock.ts';
import type { Admission } from './breaker.ts';
import { inTurns } from './in-turns.ts';
import type { BackendOptions } from './target.ts';

/** How long an idle connection is kept when the backend does not say, in milliseconds. */
const KEEP_ALIVE_MS = 4_000;

/** One connection, opened when it is first used and again when it was lost. */
export interface Connection {
  readonly client: Client;
  /** True while there is a socket that is ready for use. */
  open: boolean;
  /** Requests that the socket of this moment has carried. */
  requests: number;
  /** What opening it may take, in milliseconds: its job's. */
  connectTimeoutMs: number;
  /** Those of the socket of this moment. */
  interim: InterimAnswers;
}

/** What decides when jobs of one kind may start; those that wait stand in one queue. */
export type Entrance = Pick<Admission, 'urgent' | 'waits' | 'isOpen' | 'isShut' | 'isProbing'>;

/** Something that wants a connection for itself. */
export interface Job {
  readonly admission: Entrance;
  /** Path and query. */
  readonly path: string;
  /** Time to open a connection, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  start(connection: Connection): void;
  /** Ends the job before it has begun; `why` is a verb phrase about the backend, its admission's where it is left out. */
  dismiss(why?: string): void;
}

/**
 * A bounded number of keep-alive connections to one backend, and bounded queues before them. undici's own Pool does
 * something like it, but tells a request neither that its connection is a used one (which decides whether it may be
 * repeated) nor lets it leave the queue.
 *
 * Jobs wait here for two things, a connection and their admission, and queues take turns: what waits for one URL is not
 * in the way of another. Jobs that are not urgent start behind all that are, and have half of the connections at most:
 * the end of many clients never closes the gate to new ones. Where there are several URLs, the urgent ones of one leave
 * a quarter to the others, whatever hangs.
 */
export class ConnectionPool {
  readonly #backend: BackendOptions;
  readonly #clock: Clock;
  readonly #tls: buildConnector.BuildOptions;
  readonly #connectors = new Map<number, buildConnector.connector>();
  readonly #all = new Set<Connection>();
  /** The last one used comes first, so that surplus connections grow old and close. */
  readonly #idle: Connection[] = [];
  readonly #queues = new Map<Entrance, Set<Job>>();
  /** Urgent jobs that run, by their path; each path that there was has an entry. */
  readonly #running = new Map<string, number>();
  /** What runs on each connection that is in use. */
  readonly #jobs = new Map<Connection, Job>();
  /** Connections on which a job runs that is not urgent. */
  #lent = 0;
  #retired = false;

  /** Throws if the backend's CA text cannot be used. */
  constructor(backend: BackendOptions, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
    const { ca, insecure } = backend;
    this.#tls = {
      rejectUnauthorized: !insecure,
      // One context for all connections: reading the system's certificates again for each costs milliseconds.
      ...(ca === undefined ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) }),
    };
  }

  /** Starts `job` on a free connection, now or as soon as it may; false if too many wait already. */
  run(job: Job): boolean {
    const { admission, path } = job;
    if (admission.urgent && !this.#running.has(path)) this.#running.set(path, 0);
    const connection = this.#mayStart(job) ? this.#take() : undefined;
    if (connection !== undefined) {
      this.#start(job, connection);
      return true;
    }
    if (this.#countWaiting(admission.urgent) >= this.#backend.maxQueue) return false;
    const queue = this.#queues.get(admission);
    if (queue === undefined) this.#queues.set(admission, new Set([job]));
    else queue.add(job);
    return true;
  }

  /** Takes a job that has not been started out of its queue; false if it is not there. */
  forget(job: Job): boolean {
    const queue = this.#queues.get(job.admission);
    const forgotten = queue?.delete(job) === true;
    if (queue?.size === 0) this.#queues.delete(job.admission);
    return forgotten;
  }

  /** Lets those fail that wait for a connection and are not to wait for their backend, which is left alone now. */
  dismissHasty(): void {
    for (const [admission, queue] of this.#queues) {
      if (admission.waits || !admission.isShut) continue;
      this.#queues.delete(admission);
      inTurns(this.#clock, [...queue], (job) => job.dismiss());
    }
  }

  /** Starts what may start by now. */
  startWaiting(): void {
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      const connection = this.#take();
      if (connection === undefined) return;
      this.#start(job, connection);
    }
  }

  /** Takes a connection back from its job. */
  release(connection: Connection): void {
    const job = this.#jobs.get(connection);
    this.#jobs.delete(connection);
    if (job?.admission.urgent === false) this.#lent--;
    else if (job !== undefined) this.#running.set(job.path, (this.#running.get(job.path) ?? 0) - 1);
    this.#idle.push(connection);
    this.startWaiting();
    if (this.#retired && this.#queues.size === 0) this.retire();
  }

  /** Lets the jobs of this moment finish and closes each connection behind the last of them. */
  retire(): void {
    this.#retired = true;
    for (const connection of this.#idle.splice(0)) this.#close(connection);
  }

  /** Cuts all connections; what runs on them fails. */
  async destroy(): Promise<void> {
    this.#retired = true;
    this.#queues.clear();
    await Promise.all(Array.from(this.#all, ({ client }) => client.destroy()));
    this.#all.clear();
  }

  #mayStart({ admission, path }: Job): boolean {
    const { maxConnections } = this.#backend;
    if (!admission.isOpen) return false;
    if (!admission.urgent) return this.#lent < Math.ceil(maxConnections / 2);
    const share = this.#running.size > 1 ? maxConnections - Math.floor(maxConnections / 4) : maxConnections;
    return (this.#running.get(path) ?? 0) < share;
  }

  /** The job that may start next, which stays in its queue until it does. */
  #next(): Job | undefined {
    for (const urgent of [true, false]) {
      for (const [admission, queue] of this.#queues) {
        if (admission.urgent !== urgent || !admission.isOpen) continue;
        // The newest has the most time left for an answer, which is what a probe needs.
        const job = admission.isProbing ? [...queue].at(-1) : queue.values().next().value;
        if (job !== undefined && this.#mayStart(job)) return job;
      }
    }
    return undefined;
  }

  #countWaiting(urgent: boolean): number {
    let count = 0;
    for (const [admission, queue] of this.#queues) if (admission.urgent === urgent) count += queue.size;
    return count;
  }

  #start(job: Job, connection: Connection): void {
    const { admission, path } = job;
    const queue = this.#queues.get(admission);
    if (queue?.delete(job) === true) {
      // The other queues come first now.
      this.#queues.delete(admission);
      if (queue.size > 0) this.#queues.set(admission, queue);
    }
    this.#jobs.set(connection, job);
    if (admission.urgent) this.#running.set(path, (this.#running.get(path) ?? 0) + 1);
    else this.#lent++;
    connection.connectTimeoutMs = job.connectTimeoutMs;
    connection.interim.expect();
    job.start(connection);
  }

  #take(): Connection | undefined {
    return this.#idle.pop() ?? this.#open();
  }

  #open(): Connection | undefined {
    if (this.#all.size >= this.#backend.maxConnections) return undefined;
    const client = new Client(this.#backend.origin, {
      pipelining: 1,
      // The deadline of the chain is the only clock that counts; undici's own are off.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: (options, callback) =>
        this.#connector(connection.connectTimeoutMs)(options, (...result) => {
          const [, socket] = result;
          connection.interim = new InterimAnswers();
          if (socket) connection.interim.skipOn(socket);
          callback(...result);
        }),
    });
    const connection: Connection = {
      client,
      open: false,
      requests: 0,
      connectTimeoutMs: 0,
      interim: new InterimAnswers(),
    };
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

/** Longest head of an interim answer, such as 100 Continue, in bytes. */
const MAX_INTERIM_ANSWER = 16_384;

/** What an interim answer begins with (RFC 9110, 15.2): any 1xx but 101, which ends HTTP on the connection. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
const START_BYTES = 13;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Takes interim answers, such as `100 Continue`, off the front of an answer. A client has to be able to read them, also
 * where it did not ask for any, and undici takes a 100 for a bad response.
 */
export class InterimAnswers {
  #held: Buffer = NOTHING;
  #expected = true;

  /** Lets the next bytes be the start of an answer. */
  expect(): void {
    this.#expected = true;
  }

  /** Has `socket` read what is left of each answer. */
  skipOn(socket: Duplex): void {
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size?: number) => {
      for (;;) {
        const chunk = read(size);
        const left = chunk === null ? null : this.strip(chunk);
        if (left === null || left.length > 0) return left;
      }
    };
  }

  /** Returns what is left of the bytes that have come: nothing while an interim answer is not whole. */
  strip(chunk: Buffer): Buffer {
    if (!this.#expected) return chunk;
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    while (mayBeInterim(bytes)) {
      const end = bytes.length < START_BYTES ? -1 : bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        if (bytes.length > MAX_INTERIM_ANSWER) break;
        this.#held = bytes;
        return NOTHING;
      }
      bytes = bytes.subarray(end + 4);
    }
    this.#expected = bytes.length === 0;
    return bytes;
  }
}

function mayBeInterim(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, START_BYTES);
  if (start.length === START_BYTES) return INTERIM.test(start);
  return start !== '' && 'HTTP/1.'.startsWith(start.slice(0, 7));
}
