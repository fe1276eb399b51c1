import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { LogLine } from './running-server.ts';
import { temporaryDirectory } from './temporary.ts';
import { until } from './until.ts';

export const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = resolve(ROOT, 'dist/cli/main.js');

/** Runs the built command line. */
export function gatecast(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  return startChild(process.execPath, [MAIN, ...args], { cwd: ROOT, env: { ...process.env, ...env } });
}

/** The built server as a process of its own. */
export interface GatecastProcess {
  readonly child: Child;
  readonly port: number;
  readonly confFile: string;
  readonly log: LogLine[];
  url(path: string): string;
  /** The first line, logged already or later, with this message and these fields, given or matching. */
  logged(msg: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  /** Writes another configuration, sends SIGHUP and waits for what the server says to it. */
  reload(conf: string): Promise<LogLine>;
  stop(): Promise<void>;
}

/** Starts the server with this configuration, at a port that is free unless it names one, and waits until it listens. */
export async function startGatecast(conf: string, env: NodeJS.ProcessEnv = {}): Promise<GatecastProcess> {
  const directory = temporaryDirectory();
  const confFile = directory.file('gatecast.conf');
  const write = (text: string) => {
    const listen = /^\s*listen/m.test(text) ? '' : 'listen 127.0.0.1:0;';
    const state = /^\s*state_dir/m.test(text) ? '' : `state_dir ${directory.file('objs')};`;
    writeFileSync(confFile, `${listen}${state}\n${text}`);
  };
  write(conf);
  const child = gatecast(['-c', confFile], env);
  const log: LogLine[] = [];
  let read = 0;
  const update = () => {
    for (; read < child.lines.length; read++) {
      const line = child.lines[read] ?? '';
      if (line.startsWith('{')) log.push(JSON.parse(line) as LogLine);
    }
    return log;
  };
  const stop = async () => {
    await child.stop();
    directory.stop();
  };
  const find = (from: number, msg: RegExp | string, fields: Readonly<Record<string, unknown>>) =>
    until(`the log line "${msg}" ${JSON.stringify(fields)}`, () => {
      const found = update()
        .slice(from)
        .find(
          (line) =>
            line.msg.search(msg) >= 0 &&
            Object.entries(fields).every(([name, value]) =>
              value instanceof RegExp ? value.test(String(line[name])) : line[name] === value,
            ),
        );
      if (!found && !child.running) throw new Error(`the server ended: ${child.lines.slice(-20).join('\n')}`);
      return found;
    });
  try {
    const { listen } = await find(0, 'gatecast is listening', {});
    const port = (listen as { port: number }[])[0]?.port ?? 0;
    return {
      child,
      port,
      confFile,
      get log() {
        return update();
      },
      url: (path) => `rtmp://127.0.0.1:${port}/${path}`,
      logged: (msg, fields = {}) => find(0, msg, fields),
      reload(text) {
        const from = update().length;
        write(text);
        child.kill('SIGHUP');
        return find(from, /^(configuration reloaded|reload refused)/, {});
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
