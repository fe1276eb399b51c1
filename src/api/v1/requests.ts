import type { FastifyRequest } from 'fastify';
import type { ServerControl } from '../../model/control.ts';
import { MASK, maskQuery, soundsSecret } from '../../model/secret-values.ts';
import type { StreamStats } from '../../model/stats.ts';
import { DEFAULT_VHOST } from '../../model/stream-key.ts';
import type { SrsBody } from './bodies.ts';

/** The request itself, as SRS shows it to who debugs a client. A page of another origin may read it: no credentials. */
export function requestV1({ url, method, headers }: FastifyRequest, version: string): SrsBody {
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    soundsSecret(name) ? MASK : maskQuery(String(value)),
  ]);
  return {
    uri: maskQuery(url),
    path: url.replace(/\?.*$/s, ''),
    METHOD: method,
    headers: Object.fromEntries(shown) as SrsBody,
    // SRS spells it so.
    server: { sigature: 'Gatecast', name: 'Gatecast', version, link: '', time: Date.now() },
  };
}

type Query = Readonly<Record<string, string | undefined>>;

/**
 * Where a stream is, as SRS's origin cluster asks its members: here, or nowhere as far as this server knows. `ip` of the
 * query is the name by which the asking one reaches this server.
 */
export function clusterV1(
  query: Query,
  host: string,
  streams: readonly StreamStats[],
  { listening }: Pick<ServerControl, 'listening'>,
): SrsBody {
  const { ip = '', vhost = DEFAULT_VHOST, app = '', stream = '', coworker = '' } = query;
  const isHere = streams.some(
    ({ key, publisher }) =>
      publisher !== undefined && key.vhost === vhost && key.app === app && key.stream === stream,
  );
  const name = coworker.replace(/:\d+$/, '') || host.replace(/:\d+$/, '');
  const port = listening().find(({ protocol }) => protocol === 'rtmp')?.port ?? 1935;
  const api = `${name}:${listening().find(({ protocol }) => protocol === 'api')?.port ?? 1985}`;
  return {
    query: { ip, vhost, app, stream, coworker },
    origin: isHere ? { ip: name, port, vhost, api, routers: [api] } : null,
  };
}
