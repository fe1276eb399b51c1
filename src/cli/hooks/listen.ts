import type { Server } from 'node:http';
import { Command, InvalidArgumentError } from 'commander';
import { createEventServer, listenOrExplain, parsePort } from '../callbacks/server.ts';
import { InteractiveBackend } from './interactive-backend.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly wait: number;
}

const CLEAR_LINE = '\r\u001b[K';

/** `gatecast hooks listen`: a backend whose answers are keys that somebody presses. */
export function listenCommand(): Command {
  return new Command('listen')
    .description('be the backend: see each event, and let clients in or not by pressing a key')
    .option('--port <port>', 'port to listen on, 0 for any', parsePort, 8085)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--wait <seconds>', 'how long the server waits: its timeout', parseSeconds, 10)
    .addHelpText(
      'after',
      '\nTakes every event at every path, in each dialect. Without a terminal it allows everything.',
    )
    .action(listen);
}

async function listen(flags: Flags, command: Command): Promise<void> {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const print = (line: string) => {
    if (!interactive) console.log(line);
    else process.stdout.write(`${CLEAR_LINE}${line}\n${promptOf(keeper)}`);
  };
  const terminal = { print, now: () => performance.now() };
  const keeper = new InteractiveBackend(terminal, flags.wait * 1000, interactive ? 'ask' : 'allow');
  const server = createEventServer({
    answer: (event, gone) => keeper.ask(event, gone),
    refused(path, { status, body }) {
      print(`${new Date().toISOString()} POST ${path} -> ${status} ${JSON.stringify(body)}`);
    },
  });
  const origin = await listenOrExplain(server, flags, command);
  console.log(`A backend listens at ${origin}; every path takes every event.`);
  if (interactive) attend(keeper, server);
  else console.log('Standard input is no terminal, so everything is allowed.');
}

/** Joins the interactive backend with the terminal. */
function attend(keeper: InteractiveBackend, server: Server): void {
  const show = () => process.stdout.write(`${CLEAR_LINE}${promptOf(keeper)}`);
  const ticking = setInterval(show, 1_000);
  process.stdin.setRawMode(true).setEncoding('utf8');
  process.stdin.on('data', (keys: string) => {
    if (!keeper.press(keys)) {
      show();
      return;
    }
    clearInterval(ticking);
    process.stdin.setRawMode(false).pause();
    process.stdout.write('\n');
    server.close();
    server.closeAllConnections();
  });
  show();
}

/** No longer than a line, which is all that can be cleared. Some terminals have no width. */
function promptOf(keeper: InteractiveBackend): string {
  return keeper.prompt.slice(0, (process.stdout.columns || 80) - 1);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0)
    throw new InvalidArgumentError('Write seconds, such as 10.');
  return seconds;
}
