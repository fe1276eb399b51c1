import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until, within } from './until.ts';

/** A program that a test runs, with what it has printed so far. */
export interface Child {
  readonly pid: number;
  /** Lines of standard output and standard error, as they came. */
  readonly lines: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly running: boolean;
  /** The first line, printed already or later, that matches. Rejects if the program ends without it. */
  line(pattern: RegExp | string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Writes to standard input, of a program that was started with one. */
  type(text: string): void;
  /** The exit code of a program that ends by itself. */
  end(): Promise<number | string>;
  /** Ends the program at once if it runs. */
  stop(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Starts a program. Whoever starts it stops it. */
export function startChild(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  alive.add(child);
  const lines: string[] = [];
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (!stream) continue;
    stream.setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  let running = true;
  const exited = once(child, 'close').then((outcome) => {
    const [code, signal] = outcome as [number | null, string | null];
    running = false;
    alive.delete(child);
    return code ?? signal ?? -1;
  });
  exited.catch(() => undefined);
  const shown = () => `${command} ${args.join(' ')}\n${lines.slice(-30).join('\n')}`;

  return {
    pid: child.pid ?? -1,
    lines,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    exited,
    get running() {
      return running;
    },
    line(pattern) {
      const matches = (line: string) =>
        typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line);
      return until(`the line ${pattern} of ${command}`, () => {
        const found = lines.find(matches);
        if (found === undefined && !running) throw new Error(`ended without the line ${pattern}: ${shown()}`);
        return found;
      }).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${shown()}`, { cause: error });
      });
    },
    kill: (signal) => void child.kill(signal),
    type: (text) => void child.stdin?.write(text),
    async end() {
      return within('the end of the program', exited).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${shown()}`, { cause: error });
      });
    },
    async stop() {
      if (running) child.kill('SIGKILL');
      await exited.catch(() => undefined);
    },
  };
}
