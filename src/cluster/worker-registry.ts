import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import type { PlaylistSequences } from '../model/shared-state.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { ClientIdAllocator } from './client-ids.ts';
import { EventRecorderServer, type SharedEventRecorder } from './ipc-event-recorder.ts';
import { RegistryServer } from './ipc-registry.ts';
import { MemoryRegistry } from './memory-registry.ts';
import type { Assignment, ToPrimary } from './messages.ts';
import type { ClaimedStream } from './registry.ts';
import type { WorkerProcess } from './worker-pool.ts';

/** What is known of a worker. */
export interface WorkerFacts {
  readonly worker: number;
  readonly pid: number;
  readonly connections: number;
}

/** One answer for all workers. */
export interface WorkersSnapshot {
  readonly workers: readonly WorkerFacts[];
  /** Who publishes what: `worker` is the number of the process that has the publisher. */
  readonly streams: readonly (Omit<ClaimedStream, 'node'> & { readonly worker: number })[];
}

interface WorkerRecord {
  /** Set until the process is ready to hear it. */
  waiting: Assignment | undefined;
  readonly process: WorkerProcess;
  readonly registryServer: RegistryServer;
  readonly recorder: EventRecorderServer;
  readonly answers: ((answer: Answer) => void)[];
  connections: number;
}

/** What a worker says to its assignment or to a new configuration. */
export type Answer =
  | { readonly ok: true; readonly addresses: readonly OpenAddress[] }
  | { readonly ok: false; readonly message: string };

/** What the primary keeps for its workers: the registry, what their clients have open, and what they said last. */
export class WorkerRegistry {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ids: { readonly serverId: string; readonly serviceId: string };
  readonly #recorder: SharedEventRecorder;
  readonly #sequences: PlaylistSequences;
  readonly #size: number;
  readonly #registry = new MemoryRegistry();
  readonly #numbers = new ClientIdAllocator();
  readonly #records = new Map<WorkerProcess, WorkerRecord>();
  #settled: Promise<readonly Answer[]> = Promise.resolve([]);
  readonly #directory = mkdtempSync(join(tmpdir(), 'gatecast-'));
  readonly #token = randomBytes(24).toString('hex');

  /** `size` is how many workers there are to be. */
  constructor(
    size: number,
    clock: Clock,
    logger: Logger,
    ids: { readonly serverId: string; readonly serviceId: string },
    recorder: SharedEventRecorder,
    sequences: PlaylistSequences,
  ) {
    this.#size = size;
    this.#clock = clock;
    this.#logger = logger;
    this.#ids = ids;
    this.#recorder = recorder;
    this.#sequences = sequences;
  }

  get snapshot(): WorkersSnapshot {
    const numbers = new Map([...this.#records.keys()].map(({ node, number }) => [node, number]));
    return {
      workers: [...this.#records.values()].map(({ process, connections }) => ({
        worker: process.number,
        pid: process.pid,
        connections,
      })),
      streams: this.#registry.streams.map(({ key, node, onAir }) => ({
        key,
        onAir,
        worker: numbers.get(node) ?? 0,
      })),
    };
  }

  /** Gives a new worker its assignment; resolves with its answer. */
  engage(process: WorkerProcess, config: Config): Promise<Answer> {
    const place = { node: process.node, address: join(this.#directory, `${process.node}.sock`) };
    const waiting: Assignment = {
      worker: process.number,
      workers: this.#size,
      config,
      ...this.#ids,
      place,
      token: this.#token,
      numbers: [this.#numbers.block(), this.#numbers.block()],
    };
    const record: WorkerRecord = {
      waiting,
      process,
      registryServer: new RegistryServer(
        this.#clock,
        this.#sequences,
        (confirm) => this.#registry.join(place, confirm),
        (message) => process.send({ type: 'registry', message }),
      ),
      recorder: new EventRecorderServer(this.#recorder, process.node, (message) =>
        process.send({ type: 'recorder', message }),
      ),
      answers: [],
      connections: 0,
    };
    this.#records.set(process, record);
    return answerOf(record);
  }

  /**
   * Has all workers prepare a configuration. Rejects with a sentence, and with all of them as they were, if one cannot. One
   * that has begun by the commit, and was not there to prepare it, does both then.
   */
  async prepare(config: Config): Promise<PreparedChange> {
    const prepared = [...this.#records.values()].filter(({ waiting }) => !waiting);
    const rollBack = () => {
      for (const { process } of prepared) process.send({ type: 'roll back' });
    };
    const answers = await Promise.all(prepared.map((record) => prepareIn(record, config)));
    const no = answers.find((answer) => !answer.ok);
    if (no) {
      rollBack();
      throw new Error(no.message);
    }
    return {
      commit: () => {
        const records = [...this.#records.values()];
        for (const record of records) if (record.waiting) record.waiting = { ...record.waiting, config };
        this.#settled = Promise.all(
          records
            .filter(({ waiting }) => !waiting)
            .map((record) => (prepared.includes(record) ? commitIn(record) : changeIn(record, config))),
        );
      },
      rollBack,
    };
  }

  /** Settles, with the answers of the workers, when the last change that was committed counts in all of them. */
  get settled(): Promise<readonly Answer[]> {
    return this.#settled;
  }

  /** Lets all workers close their clients and end within `timeoutMs`. */
  stop(timeoutMs: number): void {
    for (const { waiting, process } of this.#records.values()) {
      if (waiting) process.kill();
      else process.send({ type: 'stop', timeoutMs });
    }
  }

  /** Takes what a worker says. */
  take(process: WorkerProcess, message: Exclude<ToPrimary, { type: 'hooks' | 'stats' }>): void {
    const record = this.#records.get(process);
    if (!record) return;
    switch (message.type) {
      case 'ready':
        if (record.waiting) process.send({ type: 'start', assignment: record.waiting });
        record.waiting = undefined;
        return;
      case 'listening':
        record.answers.shift()?.({ ok: true, addresses: message.addresses });
        return;
      case 'prepared':
        record.answers.shift()?.({ ok: true, addresses: [] });
        return;
      case 'failed':
        record.answers.shift()?.({ ok: false, message: message.message });
        return;
      case 'connections':
        record.connections = message.count;
        return;
      case 'numbers wanted':
        process.send({ type: 'numbers', block: this.#numbers.block() });
        return;
      case 'recorder':
        record.recorder.take(message.message);
        return;
      case 'registry':
        record.registryServer.take(message.message);
        return;
      default:
        message satisfies never;
    }
  }

  /** A worker has ended: frees its streams and tells the end of what its clients had open. */
  dismiss(process: WorkerProcess, how: string, expected: boolean): void {
    const record = this.#records.get(process);
    if (!record) return;
    this.#records.delete(process);
    record.registryServer.close();
    const clients = record.recorder.close();
    for (const answer of record.answers) answer({ ok: false, message: `worker ${process.number} ended` });
    if (expected && clients === 0) return;
    const { number, pid } = process;
    const { connections } = record;
    this.#logger.error({ worker: number, pid, how, connections }, 'worker exited unexpectedly');
  }

  /** Removes what was on the disk. */
  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function prepareIn(record: WorkerRecord, config: Config): Promise<Answer> {
  record.process.send({ type: 'prepare', config });
  return answerOf(record);
}

function commitIn(record: WorkerRecord): Promise<Answer> {
  record.process.send({ type: 'commit' });
  return answerOf(record);
}

/** A worker that cannot do as the others do is ended: the one in its place begins with the new configuration. */
async function changeIn(record: WorkerRecord, config: Config): Promise<Answer> {
  const answer = await prepareIn(record, config);
  if (answer.ok) return commitIn(record);
  record.process.kill();
  return answer;
}

function answerOf(record: WorkerRecord): Promise<Answer> {
  return new Promise((resolve) => record.answers.push(resolve));
}
