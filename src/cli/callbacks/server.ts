import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Answer, decide, ENDPOINTS, type Event, type Rules, readEvent, refuse } from './answer.ts';
import { maskQuery } from './token.ts';

/** What the sample backend is told. */
export interface CallbackServerOptions extends Rules {
  /** Takes one line per event. */
  log(line: string): void;
}

const MAX_BODY_BYTES = 65_536;

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type',
};

/** A backend to try `http_hooks` with, at the URLs of SRS's own sample server. The caller listens. */
export function createCallbackServer(options: CallbackServerOptions): Server {
  return createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '').replace(/\/$/, '');
    const actions = ENDPOINTS.get(path);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
    } else if (actions === undefined) {
      send(response, refuse(404, `POST to one of ${[...ENDPOINTS.keys()].join(', ')}`, 404));
    } else if (request.method === 'POST') {
      readBody(request, (text) => {
        if (text === undefined) {
          response.setHeader('Connection', 'close');
          send(response, refuse(413, `the body is longer than ${MAX_BODY_BYTES} bytes`, 413));
        } else {
          send(response, takeEvent(text, path, actions, options));
        }
      });
    } else {
      send(response, { status: 200, body: {} });
    }
  });
}

function takeEvent(
  text: string,
  path: string,
  actions: readonly string[],
  options: CallbackServerOptions,
): Answer {
  const event = readEvent(text, actions);
  const answer = 'action' in event ? decide(event, options) : event;
  const what = 'action' in event ? formatEvent(event) : `POST ${path}`;
  options.log(`${new Date().toISOString()} ${what} -> ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}

function formatEvent(event: Event): string {
  const { action, client_id, ip, vhost, app, stream, param } = event;
  const path = [vhost, app, stream].filter((part) => part !== '').join('/');
  const fields = [`client=${client_id}`, `ip=${ip}`, path, param === '' ? '' : `param=${maskQuery(param)}`];
  const line = [action.padEnd(12), ...fields.filter((field) => field !== '')].join(' ');
  // What a client sent must not write lines of its own, or steer the terminal.
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
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
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...CORS, 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}
