import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServerControl } from '../../model/control.ts';
import { MASK, maskQuery, soundsSecret } from '../../model/secret-values.ts';
import type { StreamStats } from '../../model/stats.ts';
import { DEFAULT_VHOST, streamId } from '../../model/stream-key.ts';
import { MAX_LISTED_CLIENTS } from '../schemas/streams.ts';
import { clientV1, type SrsBody, streamV1, vhostId, vhostV1 } from './bodies.ts';
import { MachineStats, meminfos, rusages } from './machine.ts';
import { Summaries } from './summaries.ts';

/** Fewest entries that SRS lists, whatever is asked for. */
const LEAST_COUNT = 10;

const whole = (fallback: number) => z.coerce.number().int().min(0).max(1_000_000).catch(fallback);
const PAGE = z.object({ start: whole(0), count: whole(LEAST_COUNT) });
const word = z.string().max(4096).optional().catch(undefined);
const CLUSTER = z.object({ ip: word, vhost: word, app: word, stream: word, coworker: word });
const QUERY = z.object({ callback: z.string().max(200).optional().catch(undefined) });

/** Index of `/api/v1`, in the words of SRS. */
const INDEX = {
  versions: 'the version of the server',
  summaries: 'the summary(pid, argv, pwd, cpu, mem) of the server',
  rusages: 'the resources that the server has used',
  self_proc_stats: 'the stats of the server process',
  system_proc_stats: 'the stats of the system',
  meminfos: 'the memory of the system',
  authors: 'the license and the contributors',
  features: 'the supported features',
  requests: 'the request itself, to debug clients',
  vhosts: 'manage all vhosts or specified vhost',
  streams: 'manage all streams or specified stream',
  clients: 'manage all clients or specified client, default query top 10 clients',
  raw: 'not supported: code 1061',
  clusters: 'the origin of a stream, query by vhost, app and stream',
};

type Params = Readonly<Record<string, string | undefined>>;
/** `status` is 200 unless the address itself is wrong. */
type Answer = { readonly code?: number; readonly status?: number; readonly content: object };
type Read = (request: FastifyRequest, id: string | undefined) => Answer | Promise<Answer>;

/** The HTTP API of SRS: its paths, names and types. */
export function v1Routes(control: ServerControl, crossdomain: boolean): FastifyPluginCallback {
  const { stats } = control;
  const summaries = new Summaries(control);
  const machine = new MachineStats();
  const send = async (read: Read, request: FastifyRequest, reply: FastifyReply) => {
    const { id } = request.params as Params;
    const { code, status = 200, content } = await read(request, id);
    reply.code(status);
    // A page of another origin may run scripts of ours without asking.
    const callback = crossdomain ? QUERY.parse(request.query).callback : undefined;
    return sendV1(reply, enveloped(control, content, code), callback);
  };
  const inVhost = (streams: readonly StreamStats[], name: string) =>
    streams.filter(({ key }) => key.vhost === name);

  const readers: Readonly<Record<string, Read>> = {
    '/versions': () => ({ content: { data: versionV1(control.version) } }),
    '/summaries': async () => ({ content: { data: await summaries.read() } }),
    '/rusages': () => ({ content: { data: rusages() } }),
    '/self_proc_stats': async () => ({ content: { data: await machine.self() } }),
    '/system_proc_stats': async () => ({ content: { data: await machine.system() } }),
    '/meminfos': async () => ({ content: { data: await meminfos() } }),
    '/authors': () => ({ content: { data: { license: 'MIT', contributors: 'the authors of Gatecast' } } }),
    '/requests': (request) => ({ content: { data: requestV1(request, control.version) } }),
    '/tests/requests': (request) => ({ content: { data: requestV1(request, control.version) } }),
    '/tests/errors': () => ({ code: CODE.test, content: {} }),
    // Changes that it makes in SRS are the business of /api/v2/config here.
    '/raw': () => ({ code: CODE.rawDisabled, content: {} }),
    '/clusters': async ({ query, headers: { host = '' } }) => {
      const { streams } = await stats.collectStats({});
      return { content: { data: clusterV1(CLUSTER.parse(query), host, streams, control) } };
    },
    '/features': () => ({ content: { data: FEATURES } }),
    '/vhosts': async () => {
      const { streams } = await stats.collectStats({});
      const vhosts = control.vhosts().map((vhost) => vhostV1(vhost, inVhost(streams, vhost.name)));
      return { content: { vhosts } };
    },
    '/vhosts/:id': async (_request, id) => {
      const vhost = control.vhosts().find(({ name }) => vhostId(name) === id);
      if (!vhost) return { code: CODE.noSuchVhost, content: {} };
      const { streams } = await stats.collectStats({});
      return { content: { vhost: vhostV1(vhost, inVhost(streams, vhost.name)) } };
    },
    '/streams': async ({ query }) => {
      const { start, count } = PAGE.parse(query);
      const { streams } = await stats.collectStats({});
      const now = Date.now();
      const page = streams.slice(start, start + atLeast(count));
      return { content: { streams: page.map((stream) => streamV1(stream, now)) } };
    },
    '/streams/:id': async (_request, id) => {
      const { streams } = await stats.collectStats({});
      const stream = streams.find(({ key }) => streamId(key) === id);
      return stream
        ? { content: { stream: streamV1(stream, Date.now()) } }
        : { code: CODE.noSuchStream, content: {} };
    },
    '/clients': async ({ query }) => {
      const { start, count } = PAGE.parse(query);
      const { clients } = await stats.collectStats({ clients: { start, count: atLeast(count) } });
      const now = Date.now();
      return { content: { clients: clients.map((client) => clientV1(client, now)) } };
    },
    '/clients/:id': async (_request, id) => {
      const { clients } = await stats.collectStats({ clients: { id, start: 0, count: 1 } });
      const [client] = clients;
      return client
        ? { content: { client: clientV1(client, Date.now()) } }
        : { code: CODE.noSuchClient, content: {} };
    },
    '/': () => ({ content: { urls: INDEX } }),
    // SRS shows its index there, with code 0: a script that asks for what is not here would not notice.
    '/*': () => ({ code: CODE.notFound, status: 404, content: {} }),
  };

  return (app, _options, done) => {
    app.addHook('onRequest', (request, reply, next) => {
      if (crossdomain) allowOrigin(request, reply);
      next();
    });
    for (const [path, read] of Object.entries(readers)) {
      app.get(path, { schema: { hide: true } }, (request, reply) => send(read, request, reply));
    }
    app.delete('/clients/:id', { schema: { hide: true } }, (request, reply) =>
      send(
        async (_request, id) => {
          const kicked = id === undefined ? 0 : await stats.kick({ id });
          return kicked > 0 ? { content: {} } : { code: CODE.noSuchClient, content: {} };
        },
        request,
        reply,
      ),
    );
    app.options('/*', { schema: { hide: true } }, (_request, reply) => reply.code(204).send());
    done();
  };
}

function atLeast(count: number): number {
  return Math.min(MAX_LISTED_CLIENTS, Math.max(LEAST_COUNT, count));
}

function versionV1(version: string) {
  const [major = 0, minor = 0, revision = 0] = version.split(/[.-]/, 3).map(Number);
  return { major, minor, revision, version };
}

/** Features that SRS can be built without, and whether this server has them. */
const FEATURES = {
  ssl: true,
  hls: true,
  hds: false,
  callback: true,
  api: true,
  httpd: true,
  dvr: true,
  transcode: false,
  ingest: false,
  stat: true,
  caster: false,
};

function allowOrigin({ headers }: FastifyRequest, reply: FastifyReply): void {
  if (headers.origin === undefined) return;
  reply.header('access-control-allow-origin', '*');
  reply.header('access-control-allow-methods', 'GET, DELETE, OPTIONS');
  reply.header('access-control-allow-headers', 'authorization, content-type');
  // Helmet would let pages of ours alone load it.
  reply.header('cross-origin-resource-policy', 'cross-origin');
}

/** Codes of SRS that scripts look at. */
export const CODE = {
  success: 0,
  test: 100,
  notFound: 404,
  rawDisabled: 1061,
  noSuchVhost: 2047,
  noSuchStream: 2048,
  noSuchClient: 2049,
} as const;

/** Envelope that SRS puts around every answer; `pid` is a string there. */
export interface Envelope {
  readonly code: number;
  readonly server: string;
  readonly service: string;
  readonly pid: string;
}

/** The envelope with what is in it. The HTTP status is 200 whatever the code, as in SRS. */
export function enveloped<T extends object>(
  { serverId, serviceId }: Pick<ServerControl, 'serverId' | 'serviceId'>,
  content: T,
  code: number = CODE.success,
): Envelope & T {
  return { code, server: serverId, service: serviceId, pid: String(process.pid), ...content };
}

/** A function's name, as JSONP may have it: nothing that could be more than a call. */
const CALLBACK = /^[A-Za-z_$][\w$.]{0,63}$/;

/** Sends an answer as JSON, or as a script that calls `callback` with it. */
export function sendV1(reply: FastifyReply, body: object, callback: string | undefined): FastifyReply {
  const text = JSON.stringify(body);
  if (callback === undefined || !CALLBACK.test(callback))
    return reply.type('application/json; charset=utf-8').serializer(String).send(text);
  // Line separators end a line of a script, not of JSON.
  const safe = text.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029');
  return reply.type('text/javascript; charset=utf-8').serializer(String).send(`/**/${callback}(${safe})`);
}

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
 * Answers where a stream is, as SRS's origin cluster asks its members: here, or nowhere as far as this server knows. `ip` of the
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
