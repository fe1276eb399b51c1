import { randomUUID } from 'node:crypto';
import { Agent, get, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { GatecastProcess } from './gatecast.ts';
import { stopped } from './stopped.ts';

/** What a server answered. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A viewer over HTTP who has one connection, and the number of the worker that it got to. */
export interface PlacedViewer {
  readonly worker: number;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<WebAnswer>;
}

/** A vhost with HLS that lets nobody watch: who asks it for a stream learns which worker refuses him. */
export const SIGNPOST =
  'vhost signpost { hls { enabled on; hls_storage memory; } security { enabled on; deny play all; } }';

/**
 * Connects to the web port of a server of several workers, which has the vhost {@link SIGNPOST}, until one of them that
 * `isRight` has the connection.
 */
export async function viewerWhere(
  server: GatecastProcess,
  port: number,
  isRight: (worker: number) => boolean,
): Promise<PlacedViewer> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      new Promise<WebAnswer>((resolve, reject) => {
        const request = get({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
          const { statusCode: status = 0, headers } = response;
          buffer(response).then((body) => resolve({ status, headers, body }), reject);
        });
        request.on('error', reject);
      });
    const stream = randomUUID();
    await ask(`/live/${stream}.m3u8?vhost=signpost`);
    const { worker } = await server.logged('play refused', { stream });
    if (isRight(Number(worker))) {
      stopped({ stop: () => agent.destroy() });
      return { worker: Number(worker), get: ask };
    }
    agent.destroy();
  }
  throw new Error('200 connections did not get to the worker that is wanted');
}
