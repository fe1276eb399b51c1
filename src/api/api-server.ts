import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { excusePauses } from '../http/connections.ts';
import { isApiPath, type SharedApi } from '../http/http-handler.ts';
import { RequestError, type ServerControl } from '../model/control.ts';
import { isLoopback } from '../model/ip.ts';
import type { Logger } from '../model/logger.ts';
import type { HostAddress, HttpApiOptions, TlsVersion } from '../model/options.ts';
import { systemClock } from '../model/process-clock.ts';
import type { ClientFilter, ServerStats, StatsQuery, StatsSource } from '../model/stats.ts';
import { bindsOf } from '../net/binds.ts';
import { ApiConnections } from './api-connections.ts';
import { CLOSE_TIMEOUT_MS } from './control-socket.ts';
import { guard, LogIns, MAX_API_BODY_BYTES } from './guard.ts';
import { openApi } from './openapi.ts';
import { v1Routes } from './v1/routes.ts';
import { configRoutes } from './v2/config.ts';
import { eventRoutes } from './v2/events.ts';
import { hookRoutes } from './v2/hooks.ts';
import { serverRoutes } from './v2/server.ts';
import { streamRoutes } from './v2/streams.ts';

/** Time that a request to the API has to arrive. */
const API_REQUEST_TIMEOUT_MS = 30_000;

/** Time that a client has to shake hands, and to send the head of a request. */
const API_HEADERS_TIMEOUT_MS = 5_000;

/** Interval at which requests are checked for their timeouts, in milliseconds. */
const LOOK_MS = 1_000;

/** The running API. */
export interface ApiServer {
  readonly addresses: readonly HostAddress[];
  /** For the ports that it has together with the playback server. */
  readonly shared: SharedApi | undefined;
  close(): Promise<void>;
}

/** The certificate that is shown: another one as soon as there is a newer one. */
export interface ShownCertificate {
  readonly versions: readonly TlsVersion[];
  readonly standard: { readonly pem: { readonly cert: string; readonly key: string } };
}

/**
 * Opens the control API with all that belongs to it. Rejects with a sentence if an address cannot be listened on. Where
 * `https` is on, `certificate` is for it.
 */
export async function openApiServer(
  options: HttpApiOptions,
  control: ServerControl,
  log: Logger,
  certificate?: ShownCertificate,
): Promise<ApiServer> {
  const served = { ...control, stats: new SharedStats(control.stats) };
  const logIns = options.credentials && new LogIns(options.credentials);
  const apps: FastifyInstance[] = [];
  const close = async () => {
    const cut = () => {
      for (const { server } of apps) server.closeAllConnections();
    };
    const timer = setTimeout(cut, CLOSE_TIMEOUT_MS);
    await Promise.all(apps.map((app) => app.close()));
    clearTimeout(timer);
  };
  const all = [...options.listen, ...(options.https?.listen ?? [])];
  const open = async (where: HostAddress, shown?: ShownCertificate) => {
    const { host, port } = where;
    const app = await buildApi(options, served, log, logIns, shown);
    apps.push(app);
    // False where `[::]` is every address of IPv4 too.
    const ipv6Only = bindsOf(where, all).every((bind) => bind.ipv6Only);
    try {
      await app.listen({ host, port, ipv6Only });
    } catch (error) {
      throw new Error(`http_api cannot listen at ${host}:${port}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    excusePauses(app.server, systemClock);
    const address = app.server.address() as AddressInfo;
    return { host: address.address, port: address.port };
  };
  const share = async (): Promise<SharedApi> => {
    const ports = new Set(options.shared.map(({ port }) => port));
    const app = await buildApi(options, served, log, logIns, undefined);
    apps.push(app);
    await app.ready();
    return {
      claims: (path, port) => port !== undefined && ports.has(port) && isApiPath(path),
      handle(request, response, ip) {
        if (!logIns && !isOfThisMachine(request, ip)) turnAway(response);
        else app.routing(request, response);
      },
    };
  };
  const addresses: HostAddress[] = [];
  try {
    for (const address of options.listen) addresses.push(await open(address));
    for (const address of options.https?.listen ?? []) addresses.push(await open(address, certificate));
    const shared = options.shared.length > 0 ? await share() : undefined;
    return { addresses, shared, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** False too for what a proxy passes on, which is on this machine as a rule, and its clients are not. */
function isOfThisMachine({ headers }: IncomingMessage, ip: string): boolean {
  return isLoopback(ip) && !FORWARDED.some((name) => name in headers);
}

const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

function turnAway(response: ServerResponse): void {
  const error = 'Without auth in http_api this server answers clients of its own machine only.';
  response.writeHead(403, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error }));
}

/** The application, not listening yet. */
async function buildApi(
  options: HttpApiOptions,
  control: ServerControl,
  log: Logger,
  logIns: LogIns | undefined,
  certificate: ShownCertificate | undefined,
): Promise<FastifyInstance> {
  const common = {
    bodyLimit: MAX_API_BODY_BYTES,
    requestTimeout: API_REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }: IncomingMessage) => canonicalUrl(url),
    routerOptions: { ignoreTrailingSlash: true },
  } as const;
  const http = { headersTimeout: API_HEADERS_TIMEOUT_MS, connectionsCheckingInterval: LOOK_MS };
  const secured = certificate && {
    ...tlsOptions(certificate),
    ...http,
    handshakeTimeout: API_HEADERS_TIMEOUT_MS,
  };
  const plain = secured
    ? (fastify({ ...common, https: secured }) as unknown as FastifyInstance)
    : fastify({ ...common, http });
  const connections = new ApiConnections(log);
  connections.watch(plain.server);
  if (certificate) followRenewal(plain, certificate);
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError(log));
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: 'There is nothing at this address.' }),
  );
  await app.register(helmet, {
    contentSecurityPolicy: { directives: POLICY },
    strictTransportSecurity: false,
  });
  const apiGuard = await guard(app, options, logIns);
  app.addHook('onRequest', async (request, reply) => {
    const known = !logIns || apiGuard.userOf(request) !== null;
    if (!connections.request(request.raw.socket, known)) reply.header('connection', 'close');
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  await openApi(app, control.version);
  await app.register(
    (api, _options, done) => {
      api.register(streamRoutes(control));
      api.register(serverRoutes(control, apiGuard));
      api.register(hookRoutes(control));
      api.register(configRoutes(control, options.editConfig));
      api.register(eventRoutes(control, apiGuard));
      done();
    },
    { prefix: '/api/v2' },
  );
  await app.register(v1Routes(control, options.crossdomain), { prefix: '/api/v1' });
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    const text = await control.metrics();
    return reply.type('text/plain; version=0.0.4; charset=utf-8').serializer(String).send(text);
  });
  await consolePages(app);
  app.get('/healthz', { schema: { hide: true } }, () => ({ ok: true }));
  app.get('/readyz', { schema: { hide: true } }, (_request, reply) => {
    const ready = control.ready();
    return reply.code(ready ? 200 : 503).send({ ok: ready });
  });
  return app;
}

function tlsOptions({ versions, standard }: ShownCertificate) {
  return {
    ...standard.pem,
    minVersion: versions.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: versions.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
  } as const;
}

/** Has a newer certificate shown from the next connection on. */
function followRenewal({ server }: FastifyInstance, certificate: ShownCertificate): void {
  let shown = certificate.standard;
  // Before Node's own listener, which shakes hands.
  server.prependListener('connection', () => {
    if (certificate.standard === shown) return;
    shown = certificate.standard;
    (server as unknown as Server).setSecureContext(tlsOptions(certificate));
  });
}

/** Scripts and styles are files of ours; streams may come from this machine's other ports. */
const POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  mediaSrc: ["'self'", 'blob:', peerServers('http', 'https')],
  connectSrc: ["'self'", peerServers('http', 'https', 'ws', 'wss')],
  workerSrc: ["'self'", 'blob:'],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
};

/** All ports at the name by which the server was reached. */
function peerServers(...schemes: readonly string[]): (request: IncomingMessage) => string {
  return ({ headers: { host = '' } }) => {
    const name = host.replace(/:\d+$/, '');
    return /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(name)
      ? schemes.map((one) => `${one}://${name}:*`).join(' ')
      : "'self'";
  };
}

/** Answers an error as `{ "error": "a sentence" }`; what is a bug of ours goes to the log and is not shown. */
export function answerError(
  log: Logger,
): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, { method, url }, reply) => {
    if (error instanceof RequestError)
      return reply.code(error.kind === 'unknown' ? 404 : 409).send({ error: error.message });
    if (hasZodFastifySchemaValidationErrors(error)) {
      const faults = error.validation.map(({ instancePath, message }) =>
        [instancePath.replace(/^\//, ''), message].filter(Boolean).join(': '),
      );
      return reply.code(400).send({ error: faults.join('; ') });
    }
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    log.error({ err: error, method, url: url.replace(/\?.*$/s, '') }, 'API request failed: server bug');
    return reply.code(500).send({ error: 'The server could not answer: its log says why.' });
  };
}

/**
 * A request's URL with each character written in one way (RFC 3986, 6.2.2): letters and digits plain, no fragment. Routes
 * and guard read it, so that what one takes for a path the other does too. Nothing is decoded twice.
 */
export function canonicalUrl(url: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/s.exec(url) ?? [];
  const plain = path.replace(/%([\da-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  });
  return plain + query;
}

/** Time for which equal questions share an answer, in milliseconds. */
const SHARE_MS = 200;

/** stats that many may want at the same time, and that is taken once for all of them. */
export class SharedStats implements StatsSource {
  readonly #statsSource: StatsSource;
  readonly #taken = new Map<string, Promise<ServerStats>>();

  constructor(statsSource: StatsSource) {
    this.#statsSource = statsSource;
  }

  collectStats(question: StatsQuery): Promise<ServerStats> {
    const key = JSON.stringify(question);
    const known = this.#taken.get(key);
    if (known) return known;
    const stats = this.#statsSource.collectStats(question);
    this.#taken.set(key, stats);
    const forget = () => {
      if (this.#taken.get(key) === stats) this.#taken.delete(key);
    };
    setTimeout(forget, SHARE_MS).unref();
    stats.catch(forget);
    return stats;
  }

  /** A later look sees what has become of it. */
  kick(filter: ClientFilter): Promise<number> {
    this.#taken.clear();
    return this.#statsSource.kick(filter).finally(() => this.#taken.clear());
  }
}

/** Directory of the built console, relative to this file and to what is built of it. */
const CONSOLE = fileURLToPath(new URL('../../dist/console', import.meta.url));

/** Cache lifetime of a file whose name changes with its content, in milliseconds. */
const YEAR_MS = 31_536_000_000;

/** The console: its files, and its one page at every other address under `/console`, since the page reads the address. */
export async function consolePages(app: FastifyInstance): Promise<void> {
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect('/console/'));
  if (!existsSync(CONSOLE)) {
    app.get('/console', { schema: { hide: true } }, (_request, reply) =>
      reply.code(404).send({ error: 'The console has not been built: run "npm run build".' }),
    );
    return;
  }
  await app.register(
    async (files) => {
      await files.register(compress, { global: true });
      await files.register(fastifyStatic, {
        root: CONSOLE,
        wildcard: true,
        dotfiles: 'ignore',
        redirect: true,
        cacheControl: false,
        setHeaders: (response, path) => {
          const named = path.includes('/assets/');
          response.header(
            'cache-control',
            named ? `public, max-age=${YEAR_MS / 1000}, immutable` : 'no-cache',
          );
        },
      });
      files.setNotFoundHandler((request, reply) => {
        const isFile = /\.\w+$/.test(request.url.replace(/\?.*$/s, ''));
        if (isFile || request.method !== 'GET')
          return reply.code(404).send({ error: 'There is nothing at this address.' });
        return reply.sendFile('index.html');
      });
    },
    { prefix: '/console' },
  );
}
