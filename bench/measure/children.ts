import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const HAS_TASKSET = spawnSync('taskset', ['--version']).status === 0;

/** A process that the benchmark started, and nobody else's. */
export interface Child {
  readonly pid: number;
  /** The next line of its standard output; rejects when it ends before. */
  line(): Promise<string>;
  /** Ends it: SIGTERM, and SIGKILL 8 s later. */
  stop(): Promise<void>;
}

/** Starts a program on one core (where taskset exists). */
export function start(
  core: number,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Child {
  const pinned = ['-c', String(core), program, ...args];
  const child: ChildProcess = spawn(HAS_TASKSET ? 'taskset' : program, HAS_TASKSET ? pinned : args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const exited = once(child, 'exit');
  if (!child.stdout || child.pid === undefined) throw new Error(`${program} could not be started`);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} ${args.join(' ')} ended early`);
      return value;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 8000);
      await exited;
      clearTimeout(killer);
    },
  };
}

/** Runs one of the benchmark's own TypeScript files. */
export function startScript(core: number, file: string, args: readonly (string | number)[]): Child {
  const path = new URL(`../${file}`, import.meta.url).pathname;
  return start(core, process.execPath, ['--import', 'tsx', path, ...args.map(String)]);
}
