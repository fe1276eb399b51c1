import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import type { PlaylistSequences } from '../model/playlist-sequences.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import type { OpenAddress } from '../net/listeners.ts';
import { NumberOffice } from './client-ids.ts';
import { RecorderDesk, type SharedRecorder } from './ipc-event-recorder.ts';
import { RegistryDesk } from './ipc-registry.ts';
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
export interface CrewSnapshot {
  readonly workers: readonly WorkerFacts[];
  /** Who publishes what: `worker` is the number of the process that has the publisher. */
  readonly streams: readonly (Omit<ClaimedStream, 'node'> & { readonly worker: number })[];
}

interface Hand {
  /** Set until the process is ready to hear it. */
  waiting: Assignment | undefined;
  readonly process: WorkerProcess;
  readonly desk: RegistryDesk;
  readonly recorder: RecorderDesk;
  readonly answers: ((answer: Answer) => void)[];
  connections: number;
}

/** What a worker says to its assignment or to a new configuration. */
export type Answer =
  | { readonly ok: true; readonly addresses: readonly OpenAddress[] }
  | { readonly ok: false; readonly message: string };

/** What the primary keeps for its workers: the registry, what their clients have open, and what they said last. */
export class Crew {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ids: { readonly serverId: string; readonly serviceId: string };
  readonly #recorder: SharedRecorder;
  readonly #sequences: PlaylistSequences;
  readonly #size: number;
  readonly #registry = new MemoryRegistry();
  readonly #numbers = new NumberOffice();
  readonly #hands = new Map<WorkerProcess, Hand>();
  #settled: Promise<readonly Answer[]> = Promise.resolve([]);
  readonly #directory = mkdtempSync(join(tmpdir(), 'gatecast-'));
  readonly #token = randomBytes(24).toString('hex');

  /** `size` is how many workers there are to be. */
  constructor(
    size: number,
    clock: Clock,
    logger: Logger,
    ids: { readonly serverId: string; readonly serviceId: string },
    recorder: SharedRecorder,
    sequences: PlaylistSequences,
  ) {
    this.#size = size;
    this.#clock = clock;
    this.#logger = logger;
    this.#ids = ids;
    this.#recorder = recorder;
    this.#sequences = sequences;
  }

  get snapshot(): CrewSnapshot {
    const numbers = new Map([...this.#hands.keys()].map(({ node, number }) => [node, number]));
    return {
      workers: [...this.#hands.values()].map(({ process, connections }) => ({
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
    const hand: Hand = {
      waiting,
      process,
      desk: new RegistryDesk(
        this.#clock,
        this.#sequences,
        (confirm) => this.#registry.join(place, confirm),
        (notice) => process.send({ type: 'registry', notice }),
      ),
      recorder: new RecorderDesk(this.#recorder, process.node, (notice) =>
        process.send({ type: 'recorder', notice }),
      ),
      answers: [],
      connections: 0,
    };
    this.#hands.set(process, hand);
    return answerOf(hand);
  }

  /**
   * Has all workers prepare a configuration. Rejects with a sentence, and with all of them as they were, if one cannot. One
   * that has begun by the commit, and was not there to prepare it, does both then.
   */
  async prepare(config: Config): Promise<PreparedChange> {
    const prepared = [...this.#hands.values()].filter(({ waiting }) => !waiting);
    const rollBack = () => {
      for (const { process } of prepared) process.send({ type: 'roll back' });
    };
    const answers = await Promise.all(prepared.map((hand) => prepareIn(hand, config)));
    const no = answers.find((answer) => !answer.ok);
    if (no) {
      rollBack();
      throw new Error(no.message);
    }
    return {
      commit: () => {
        const hands = [...this.#hands.values()];
        for (const hand of hands) if (hand.waiting) hand.waiting = { ...hand.waiting, config };
        this.#settled = Promise.all(
          hands
            .filter(({ waiting }) => !waiting)
            .map((hand) => (prepared.includes(hand) ? commitIn(hand) : changeIn(hand, config))),
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
    for (const { waiting, process } of this.#hands.values()) {
      if (waiting) process.kill();
      else process.send({ type: 'stop', timeoutMs });
    }
  }

  /** Takes what a worker says. */
  take(process: WorkerProcess, message: Exclude<ToPrimary, { type: 'hooks' | 'census' }>): void {
    const hand = this.#hands.get(process);
    if (!hand) return;
    switch (message.type) {
      case 'ready':
        if (hand.waiting) process.send({ type: 'start', assignment: hand.waiting });
        hand.waiting = undefined;
        return;
      case 'listening':
        hand.answers.shift()?.({ ok: true, addresses: message.addresses });
        return;
      case 'prepared':
        hand.answers.shift()?.({ ok: true, addresses: [] });
        return;
      case 'failed':
        hand.answers.shift()?.({ ok: false, message: message.message });
        return;
      case 'connections':
        hand.connections = message.count;
        return;
      case 'numbers wanted':
        process.send({ type: 'numbers', block: this.#numbers.block() });
        return;
      case 'recorder':
        hand.recorder.take(message.request);
        return;
      case 'registry':
        hand.desk.take(message.request);
        return;
      default:
        message satisfies never;
    }
  }

  /** A worker has ended: frees its streams and tells the end of what its clients had open. */
  dismiss(process: WorkerProcess, how: string, expected: boolean): void {
    const hand = this.#hands.get(process);
    if (!hand) return;
    this.#hands.delete(process);
    hand.desk.close();
    const clients = hand.recorder.close();
    for (const answer of hand.answers) answer({ ok: false, message: `worker ${process.number} ended` });
    if (expected && clients === 0) return;
    const { number, pid } = process;
    const { connections } = hand;
    this.#logger.error({ worker: number, pid, how, connections }, 'a worker ended unexpectedly');
  }

  /** Removes what was on the disk. */
  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function prepareIn(hand: Hand, config: Config): Promise<Answer> {
  hand.process.send({ type: 'prepare', config });
  return answerOf(hand);
}

function commitIn(hand: Hand): Promise<Answer> {
  hand.process.send({ type: 'commit' });
  return answerOf(hand);
}

/** A worker that cannot do as the others do is ended: the one in its place begins with the new configuration. */
async function changeIn(hand: Hand, config: Config): Promise<Answer> {
  const answer = await prepareIn(hand, config);
  if (answer.ok) return commitIn(hand);
  hand.process.kill();
  return answer;
}

function answerOf(hand: Hand): Promise<Answer> {
  return new Promise((resolve) => hand.answers.push(resolve));
}
