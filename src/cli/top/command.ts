import type { ReadStream, WriteStream } from 'node:tty';
import { Command } from 'commander';
import { paintFor } from '../hooks/delivery-text.ts';
import { readConfig } from '../read-config.ts';
import { type ApiAddress, ApiClient } from './api-client.ts';
import { renderTop } from './render.ts';

const EVERY_MS = 1000;

interface Flags {
  readonly config?: string;
  readonly url?: string;
  readonly user?: string;
  readonly json?: true;
}

/** `gatecast top`: what the console shows, at a terminal. */
export function topCommand(): Command {
  return new Command('top')
    .description('watch the streams of a running server with http_api on')
    .option('-c, --config <file>', 'the configuration of the running server: its address and credentials')
    .option('--url <address>', 'where its control API is, without -c (default: http://127.0.0.1:1985)')
    .option('--user <name>', 'who asks, without -c; the password is GATECAST_PASSWORD in the environment')
    .option('--json', 'print everything once, as a JSON object')
    .addHelpText('after', '\nq quits. Where the output is no terminal, the table is printed once.')
    .action(async (flags: Flags, command: Command) => {
      const client = new ApiClient(addressOf(flags, command));
      try {
        if (flags.json) console.log(JSON.stringify(await client.look(), null, 2));
        else if (process.stdout.isTTY) await watch(client);
        else console.log(renderTop(await client.look(), paintFor(process.stdout)).join('\n'));
      } catch (error) {
        command.error(`error: ${(error as Error).message}`, { exitCode: 1 });
      } finally {
        await client.close();
      }
    });
}

/** Shows the server until somebody quits. One that goes away is waited for, unless it was never there. */
async function watch(client: ApiClient): Promise<void> {
  const paint = paintFor(process.stdout);
  let lines = renderTop(await client.look(), paint);
  const screen = new Screen(process.stdout, process.stdin);
  screen.show(lines);
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      lines = renderTop(await client.look(), paint);
      screen.show(lines);
    } catch (error) {
      screen.show([paint('red', (error as Error).message), ...lines.slice(1)]);
    }
    busy = false;
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  try {
    await screen.left;
  } finally {
    clearInterval(timer);
    screen.close();
  }
}

function addressOf({ config, url = 'http://127.0.0.1:1985', user }: Flags, command: Command): ApiAddress {
  const password = process.env['GATECAST_PASSWORD'];
  if (config === undefined) return { origin: originOf(url, command), username: user, password };
  const loaded = readConfig(config);
  if (!loaded) return command.error('error: the configuration has errors', { exitCode: 1 });
  const { enabled, listen, shared, credentials } = loaded.config.httpApi;
  if (!enabled) return command.error('error: http_api is off in this configuration', { exitCode: 1 });
  const [first] = [...listen, ...shared];
  if (!first) return command.error('error: http_api listens nowhere', { exitCode: 1 });
  return { origin: `http://${reachable(first.host ?? '::')}:${first.port}`, ...credentials };
}

function originOf(url: string, command: Command): string {
  if (URL.canParse(url)) return new URL(url).origin;
  return command.error(`error: ${url} is no address: write it like http://127.0.0.1:1985`, { exitCode: 1 });
}

/** A host that listens at every address is this one. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::' || host === '') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** A terminal of which all is ours until it is given back: what was there before comes again. */
export class Screen {
  readonly #out: WriteStream;
  readonly #keys: ReadStream;
  /** Settles when somebody presses q or Ctrl-C, or a signal says so. */
  readonly left: Promise<void>;
  #leave = (): void => undefined;
  #lines: readonly string[] = [];

  constructor(out: WriteStream, keys: ReadStream) {
    this.#out = out;
    this.#keys = keys;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    out.write(ENTER);
    out.on('resize', this.#draw);
    if (keys.isTTY) keys.setRawMode(true).on('data', this.#press).resume();
    process.once('SIGINT', this.quit).once('SIGTERM', this.quit);
  }

  /** Shows these lines instead of what is there; as many as there is room for. */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    this.#draw();
  }

  readonly quit = (): void => this.#leave();

  close(): void {
    this.#out.off('resize', this.#draw);
    this.#keys.off('data', this.#press).pause();
    if (this.#keys.isTTY) this.#keys.setRawMode(false);
    process.off('SIGINT', this.quit).off('SIGTERM', this.quit);
    this.#out.write(LEAVE);
  }

  // The terminal itself cuts lines that are too long.
  readonly #draw = (): void => {
    const lines = this.#lines.slice(0, this.#out.rows);
    this.#out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };

  readonly #press = (key: Buffer): void => {
    if (['q', 'Q', '\x03', '\x1b'].includes(key.toString())) this.quit();
  };
}
