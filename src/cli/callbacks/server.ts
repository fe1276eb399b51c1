import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { LRUCache } from 'lru-cache';
import { maskQuery } from '../../model/secret-values.ts';
import { decide, ENDPOINTS, type Rules } from './decide.ts';
import { type Answer, type Event, readEvent, refuse } from './event.ts';

/** Options of the sample backend. */
interface CallbackServerOptions extends Rules {
  /** Takes one line per event. */
  log(line: string): void;
}

/** Options of a server that takes events. */
interface EventServerOptions {
  /** Actions by path; undefined takes everything everywhere. */
  readonly endpoints?: ReadonlyMap<string, readonly string[]>;
  /** Answers an event. `gone` is aborted if the server does not wait for the answer any more. */
  answer(event: Event, gone: AbortSignal): Answer | Promise<Answer>;
  /** Something that is no event came to `path` and was refused. */
  refused(path: string, answer: Answer): void;
}

const MAX_BODY_BYTES = 65_536;

/** Events that are known again. */
const MAX_KNOWN_EVENTS = 10_000;

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type',
};

/** A backend to try `http_hooks` with, at the URLs of SRS's own sample server. The caller listens. */
export function createCallbackServer(options: CallbackServerOptions): Server {
  const known = new LRUCache<string, true>({ max: MAX_KNOWN_EVENTS });
  return createEventServer({
    endpoints: ENDPOINTS,
    answer: (event) => takeEvent(event, known, options),
    refused: (path, answer) => options.log(line(`POST ${path}`, answer)),
  });
}

/** A backend. The caller listens. */
export function createEventServer({ endpoints, answer, refused }: EventServerOptions): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '').replace(/\/$/, '');
    const actions = endpoints?.get(path);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
    } else if (endpoints && actions === undefined) {
      send(response, refuse(404, `POST to one of ${[...endpoints.keys()].join(', ')}`, 404));
    } else if (request.method === 'POST') {
      readBody(request, (text) => {
        if (text === undefined) {
          response.setHeader('Connection', 'close');
          send(response, refuse(413, `the body is longer than ${MAX_BODY_BYTES} bytes`, 413));
        } else {
          const form = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
          const event = readEvent(text, actions, form);
          if ('action' in event) {
            const gone = new AbortController();
            response.once('close', () => gone.abort());
            void Promise.resolve(answer(event, gone.signal)).then((said) => send(response, said));
          } else {
            refused(path, event);
            send(response, event);
          }
        }
      });
    } else {
      send(response, { status: 200, body: {} });
    }
  });
}

/** Events come at least once, so one with a known id is the same again: it is answered as before and does nothing new. */
function takeEvent(event: Event, known: LRUCache<string, true>, options: CallbackServerOptions): Answer {
  const { event_id: id } = event;
  const again = id !== '' && known.has(id);
  if (id !== '') known.set(id, true);
  const answer = decide(event, options);
  options.log(line(`${formatEvent(event)}${again ? ' again' : ''}`, answer));
  return answer;
}

function line(what: string, { status, body }: Answer): string {
  return `${new Date().toISOString()} ${what} -> ${status} ${JSON.stringify(body)}`;
}

/** An event on one line, secrets masked. */
export function formatEvent(event: Event): string {
  const { action, client_id, ip, vhost, app, stream, param, event_id } = event;
  const path = [vhost, app, stream].filter((part) => part !== '').join('/');
  const fields = [
    client_id === undefined ? '' : `client=${client_id}`,
    ip === '' ? '' : `ip=${ip}`,
    path,
    param === '' ? '' : `param=${maskQuery(param)}`,
    event_id === '' ? '' : `event=${event_id}`,
  ];
  const text = [action.padEnd(12), ...fields.filter((field) => field !== '')].join(' ');
  // Text of a client must not write lines of its own, or steer the terminal.
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

/** Calls back once with the whole body, or undefined if it is too long; never if the peer goes away before its end. */
function readBody(request: IncomingMessage, done: (text: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) {
      chunks.push(chunk);
      return;
    }
    request.removeAllListeners('data').removeAllListeners('end').resume();
    done(undefined);
  });
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...CORS, 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}

/** Listens, and resolves with the server's origin. Ends the command with a sentence if that cannot be done. */
export function listenOrExplain(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  command: Command,
): Promise<string> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      command.error(`error: ${explain(error, host, port)}`, { exitCode: 1, code: 'callbacks.listen' });
    });
    server.listen(port, host, () => {
      const { address, port: bound } = server.address() as AddressInfo;
      resolve(`http://${address.includes(':') ? `[${address}]` : address}:${bound}`);
    });
  });
}

/** The number of a port; an error of the command line if it is none. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is in use by another program; choose one with --port.`;
  if (error.code === 'EACCES')
    return `Port ${port} may not be opened by this user; choose one above 1023 with --port.`;
  if (error.code === 'EADDRNOTAVAIL') return `The address ${host} is none of this machine's.`;
  return `Cannot listen at ${host} port ${port}: ${error.message}.`;
}
