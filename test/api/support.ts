import { request } from 'node:http';
import type { ServerDeps } from '../../src/index.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';

/** A server with its API at a free port, in the test's own process. */
export async function startApi(
  inApi = '',
  conf = 'vhost __defaultVhost__ { }',
  deps: Pick<ServerDeps, 'configuration'> = {},
) {
  const running = stopped(await startServer(`http_api { enabled on; listen 0; ${inApi} }\n${conf}`, deps));
  const port = running.server.api?.port ?? 0;
  const origin = `http://127.0.0.1:${port}`;
  const ask = (path: string, init: RequestInit = {}) => fetch(origin + path, init);
  return {
    ...running,
    apiPort: port,
    origin,
    ask,
    /** What a path answers, as JSON. */
    async json(path: string, init: RequestInit = {}): Promise<unknown> {
      return (await ask(path, init)).json();
    },
    /** A request as the console makes it. */
    async change(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
      const response = await ask(path, {
        method,
        headers: {
          'x-gatecast': 'test',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}

/** Status of a request as it is written here: fetch() lets no Host header be sent, and writes URLs its own way. */
export function statusFor(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers, method, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
