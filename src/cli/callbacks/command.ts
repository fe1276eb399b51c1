import type { AddressInfo } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import { ENDPOINTS } from './answer.ts';
import { createCallbackServer } from './server.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly deny: ReadonlyMap<string, number>;
  readonly answer: ReadonlyMap<string, unknown>;
  readonly token?: string;
}

const ACTIONS: readonly string[] = [...ENDPOINTS.values()].flat();

/** `gatecast callbacks`: runs the sample backend until it is stopped. */
export function callbacksCommand(): Command {
  return new Command('callbacks')
    .description('run a sample backend for http_hooks that prints every event')
    .option('--port <port>', 'port to listen on, 0 for any', parsePort, 8085)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option(
      '--deny <action=status>',
      'answer an event with an HTTP status, such as on_publish=403; may be repeated',
      addDenial,
      new Map<string, number>(),
    )
    .option(
      '--answer <action=json>',
      'what to answer an event that is not denied, such as on_publish=\'{"code":0,"data":{"stream":"alice"}}\'; may be repeated',
      addAnswer,
      new Map<string, unknown>(),
    )
    .option('--token <key>', 'let only those publish and play whose URL ends in ?token=<key>', parseToken)
    .action((flags: Flags, command: Command) => run(flags, command));
}

function run(flags: Flags, command: Command): Promise<void> {
  const { host, port, deny, answer, token } = flags;
  const server = createCallbackServer({
    deny,
    answers: answer,
    ...(token === undefined ? {} : { token }),
    log: (line) => console.log(line),
  });
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      command.error(`error: ${explain(error, host, port)}`, { exitCode: 1, code: 'callbacks.listen' });
    });
    server.once('close', resolve);
    server.listen(port, host, () => {
      const { address, port: bound } = server.address() as AddressInfo;
      const origin = `http://${address.includes(':') ? `[${address}]` : address}:${bound}`;
      console.log(`Sample backend listens at ${origin}; hooks go to:`);
      for (const [path, actions] of ENDPOINTS) console.log(`  ${origin}${path}  ${actions.join(', ')}`);
    });
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is in use by another program; choose one with --port.`;
  if (error.code === 'EACCES')
    return `Port ${port} may not be opened by this user; choose one above 1023 with --port.`;
  if (error.code === 'EADDRNOTAVAIL') return `The address ${host} is none of this machine's.`;
  return `Cannot listen at ${host} port ${port}: ${error.message}.`;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function parseToken(text: string): string {
  if (text === '') throw new InvalidArgumentError('An empty token would keep nobody out.');
  return text;
}

/** 1xx is left out: such a status announces an answer and is none. */
function addDenial(text: string, known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const [, action = '', status = ''] = /^(\w+)=([2-5][0-9]{2})$/.exec(text) ?? [];
  if (!ACTIONS.includes(action)) {
    throw new InvalidArgumentError(
      `Write action=status, an action of ${ACTIONS.join(', ')} and a status of 200 to 599.`,
    );
  }
  return new Map(known).set(action, Number(status));
}

function addAnswer(text: string, known: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const [, action = '', json = ''] = /^(\w+)=(.+)$/s.exec(text) ?? [];
  try {
    if (ACTIONS.includes(action)) return new Map(known).set(action, JSON.parse(json));
  } catch {
    // Said below, like an action that is none.
  }
  throw new InvalidArgumentError(`Write action=json, an action of ${ACTIONS.join(', ')} and a JSON value.`);
}
