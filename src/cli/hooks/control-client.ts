import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Dispatcher, Pool } from 'undici';
import { CONTROL_SOCKET } from '../../model/control.ts';
import type { Delivery } from '../../model/delivery.ts';
import { readConfig } from '../read-config.ts';

/** Flags that name the server that a command is about. */
export interface ServerFlags {
  readonly config?: string;
  readonly stateDir?: string;
}

/** One thing that happened to somebody who follows. */
export type Followed = { readonly delivery: Delivery } | { readonly missed: number };

/** Options that name a running server. */
export function namesServer(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration of the running server')
    .option('--state-dir <dir>', 'its state directory, without -c (default: ./objs)');
}

/** Speaks with a running server over its control socket. Errors are sentences for the user. */
export class ControlClient {
  readonly #path: string;
  readonly #pool: Promise<Pool>;

  constructor(stateDir: string) {
    this.#path = join(stateDir, CONTROL_SOCKET);
    this.#pool = openPool(this.#path);
  }

  list(query: Readonly<Record<string, string>>): Promise<{ deliveries: Delivery[] }> {
    return this.#ask('GET', '/deliveries', query);
  }

  find(id: string): Promise<Delivery> {
    return this.#ask('GET', `/deliveries/${encodeURIComponent(id)}`);
  }

  replay(id: string): Promise<Delivery> {
    return this.#ask('POST', `/deliveries/${encodeURIComponent(id)}/replay`);
  }

  /** Everything from now on; ends with the server. Throws if it is cut off. */
  async follow(query: Readonly<Record<string, string>>): Promise<AsyncIterable<Followed>> {
    const body = await this.#send('GET', '/deliveries/follow', query);
    return readLines(body);
  }

  async close(): Promise<void> {
    const pool = await this.#pool;
    await pool.destroy();
  }

  async #ask<T>(method: Dispatcher.HttpMethod, path: string, query = {}): Promise<T> {
    const body = await this.#send(method, path, query);
    return (await body.json()) as T;
  }

  async #send(method: Dispatcher.HttpMethod, path: string, query: Readonly<Record<string, string>>) {
    const pool = await this.#pool;
    const { statusCode, body } = await pool
      .request({ method, path, query: { ...query } })
      .catch((error: unknown) => {
        throw new Error(this.#explain(error as NodeJS.ErrnoException), { cause: error });
      });
    if (statusCode === 200) return body;
    const { error } = (await body.json()) as { error?: string };
    throw new Error(error ?? `The server answered with status ${statusCode}.`);
  }

  #explain({ code, message }: NodeJS.ErrnoException): string {
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      return `No server answers at ${this.#path}. Is one running, with http_hooks on? Name its configuration with -c, or its state_dir with --state-dir.`;
    }
    if (code === 'EACCES') return `${this.#path} is another user's.`;
    return `The server at ${this.#path} cannot be asked: ${message}.`;
  }
}

/** undici is loaded here: most commands need none of it. */
async function openPool(socketPath: string): Promise<Pool> {
  const { Pool } = await import('undici');
  // A follower may wait for long.
  return new Pool('http://gatecast', { socketPath, connections: 2, bodyTimeout: 0 });
}

/** The running server that the options name. Ends the command with a sentence if the configuration has errors. */
export function clientOf({ config, stateDir }: ServerFlags, command: Command): ControlClient {
  if (config === undefined) return new ControlClient(stateDir ?? './objs');
  const loaded = readConfig(config);
  if (!loaded) return command.error('error: the configuration has errors', { exitCode: 1 });
  return new ControlClient(stateDir ?? loaded.config.stateDir);
}

/** Runs something with the client and ends the command with the sentence that it fails with. */
export async function withServer(
  flags: ServerFlags,
  command: Command,
  work: (client: ControlClient) => Promise<void>,
): Promise<void> {
  const client = clientOf(flags, command);
  try {
    await work(client);
  } catch (error) {
    command.error(`error: ${(error as Error).message}`, { exitCode: 1 });
  } finally {
    await client.close();
  }
}

async function* readLines(body: Readable): AsyncGenerator<Followed> {
  try {
    for await (const text of createInterface({ input: body })) yield JSON.parse(text) as Followed;
  } catch (error) {
    throw new Error('The connection to the server was lost.', { cause: error });
  }
}
