import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** One request as the backend got it. */
interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly socket: Socket;
  /** Settles when the peer closes the connection. */
  readonly gone: Promise<unknown>;
}

type Answer = string | { status: number; body?: string; headers?: Record<string, string> };

/** What a backend does with a request: the text of a 200, or raw bytes written by hand, or nothing; now or later. */
export type Script = (request: Received) => Answer | undefined | Promise<Answer>;

export interface ScriptedBackend {
  readonly origin: string;
  readonly received: Received[];
  readonly connections: () => number;
  /** Connections at the same time at most. */
  readonly mostConnections: () => number;
  /** Waits for the `count`th request. */
  arrival(count: number): Promise<Received>;
  close(): Promise<void>;
}

const FIXTURES = join(import.meta.dirname, 'fixtures');
export const CA = readFileSync(join(FIXTURES, 'ca.pem'), 'utf8');

/** A backend that does what `script` says; `undefined` leaves the request hanging, for the script to go on by hand. */
export async function startBackend(
  script: Script,
  options: { https?: boolean; port?: number } = {},
): Promise<ScriptedBackend> {
  const received: Received[] = [];
  const waiting: { count: number; resolve: (request: Received) => void }[] = [];
  const server = options.https ? httpsServer() : createServer();
  const gone = new Map<Socket, Promise<unknown>>();
  const goneOf = (socket: Socket) => {
    const known = gone.get(socket) ?? new Promise((resolve) => socket.once('close', resolve));
    gone.set(socket, known);
    return known;
  };
  let connections = 0;
  let most = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    most = Math.max(most, sockets.size);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request;
      const body = Buffer.concat(chunks).toString();
      const entry = { method, url, headers, body, socket, gone: goneOf(socket) };
      received.push(entry);
      for (const wait of waiting) if (wait.count === received.length) wait.resolve(entry);
      const send = (answer: Answer) => {
        const {
          status,
          body: text,
          headers: fields,
        } = typeof answer === 'string' ? { status: 200, body: answer, headers: {} } : answer;
        response.writeHead(status, fields).end(text);
      };
      const answer = script(entry);
      if (answer instanceof Promise) void answer.then(send);
      else if (answer !== undefined) send(answer);
    });
  });
  const port = await listen(server, options.port);
  return {
    origin: `${options.https ? 'https' : 'http'}://127.0.0.1:${port}`,
    received,
    connections: () => connections,
    mostConnections: () => most,
    arrival(count) {
      const there = received[count - 1];
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push({ count, resolve }));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
  };
}

/** A TCP server that speaks whatever `onSocket` writes. */
export async function startRaw(
  onSocket: (socket: Socket) => void,
): Promise<{ origin: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const port = await listen(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await closed(server);
    },
  };
}

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  await closed(server);
  return port;
}

function httpsServer(): HttpServer {
  const read = (name: string) => readFileSync(join(FIXTURES, name));
  return createHttpsServer({ key: read('server-key.pem'), cert: read('server.pem') });
}

async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

/** A script whose answers are given by hand: `answer` lets the oldest requests have theirs, `answerAll` those to come too. */
export function byHand(): { script: Script; answer(count: number): void; answerAll(): void } {
  const waiting: ((answer: string) => void)[] = [];
  let all = false;
  const answer = (count: number) => {
    for (const give of waiting.splice(0, count)) give('0');
  };
  return {
    script: () => (all ? '0' : new Promise<string>((resolve) => waiting.push(resolve))),
    answer,
    answerAll() {
      all = true;
      answer(waiting.length);
    },
  };
}
