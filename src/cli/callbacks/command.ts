import { Command, InvalidArgumentError } from 'commander';
import { ENDPOINTS } from './decide.ts';
import { createCallbackServer, listenOrExplain, parsePort } from './server.ts';

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

async function run(flags: Flags, command: Command): Promise<void> {
  const { deny, answer, token } = flags;
  const server = createCallbackServer({
    deny,
    answers: answer,
    ...(token === undefined ? {} : { token }),
    log: (line) => console.log(line),
  });
  const origin = await listenOrExplain(server, flags, command);
  console.log(`Sample backend listens at ${origin}; hooks go to:`);
  for (const [path, actions] of ENDPOINTS) console.log(`  ${origin}${path}  ${actions.join(', ')}`);
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
