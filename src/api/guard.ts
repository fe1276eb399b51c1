import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { faultOfHead } from '../http/playback-request.ts';
import { BEARER_USER, type Credentials, type HttpApiOptions } from '../model/options.ts';
import { isSameSecret } from '../model/secret-values.ts';

/** Bytes of a request's body: a configuration text as JSON, every character of it escaped. */
export const MAX_API_BODY_BYTES = 6_400_000;

/** Wrong passwords of one address in a minute; one more, right or wrong, is refused. */
const MAX_LOGIN_FAILURES = 10;

const COOKIE = 'gatecast';
/** Requests that change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Paths that need no credentials: the console is a page that asks for the password, the others say yes or no. */
const OPEN = /^\/(?:|console(?:\/.*)?|healthz|readyz|api\/v2\/log(?:in|out))$/;

/** A request that is not let in. */
class Refusal extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.statusCode = statusCode;
  }
}

/** Dependencies of the API's access check. */
export interface Guard {
  /** User of a request; null where no credentials are needed. */
  userOf(request: FastifyRequest): string | null;
  /** Throws a Refusal if these are not the credentials, or there were too many wrong ones. */
  logIn(request: FastifyRequest, reply: FastifyReply, credentials: Credentials): Promise<void>;
  logOut(request: FastifyRequest, reply: FastifyReply): void;
}

/**
 * Lets in whoever may come: the user with the password if there is one; and in any case nobody whom a page of another
 * origin sends, be it by its address (CSRF) or under a name of its own (DNS rebinding).
 */
export async function guard(
  app: FastifyInstance,
  { crossdomain }: Pick<HttpApiOptions, 'crossdomain'>,
  logIns: LogIns | undefined,
): Promise<Guard> {
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  const users = new WeakMap<FastifyRequest, string>();
  const failures = app.createRateLimit({ max: MAX_LOGIN_FAILURES, timeWindow: 60_000 });

  const check = async (request: FastifyRequest, given: Credentials) => {
    const status = await failures(request, { increment: false });
    // One less than `max` says, since it has not counted the present one.
    if (!status.isAllowed && status.remaining <= 0)
      throw new Refusal(429, 'Too many wrong passwords came from your address: try again in a minute.');
    if (logIns?.accepts(given)) return;
    await failures(request);
    throw new Refusal(401, 'The username or the password is wrong.');
  };

  app.addHook('onRequest', async (request, reply) => {
    const fault = faultOfHead(request.raw, MAX_API_BODY_BYTES);
    if (fault) {
      reply.header('connection', 'close');
      throw new Refusal(fault.status, `${fault.message[0]?.toUpperCase()}${fault.message.slice(1)}.`);
    }
    const path = request.url.replace(/\?.*$/s, '');
    const foreign = crossdomain && path.startsWith('/api/v1/');
    if (!logIns && !isLocalName(request.headers.host))
      throw new Refusal(
        403,
        'Without auth in http_api this server answers to its address and localhost only.',
      );
    if (!SAFE.has(request.method) && !foreign) checkSource(request, path);
    if (!logIns || OPEN.test(path) || (foreign && request.method === 'OPTIONS')) return;
    const token = request.cookies[COOKIE];
    const known = token === undefined ? undefined : logIns.userOf(token);
    if (known !== undefined) {
      users.set(request, known);
      return;
    }
    const { authorization } = request.headers;
    const given = readBasic(authorization) ?? readBearer(authorization);
    // The console has a form of its own, and does not want the browser's.
    if (request.headers['x-gatecast'] === undefined)
      reply.header('www-authenticate', 'Basic realm="Gatecast", charset="UTF-8"');
    if (!given) throw new Refusal(401, 'Log in, or send a username and a password, or a token.');
    await check(request, given);
    reply.removeHeader('www-authenticate');
    users.set(request, given.username);
  });

  return {
    userOf: (request) => users.get(request) ?? null,
    async logIn(request, reply, given) {
      if (!logIns) return;
      await check(request, given);
      reply.setCookie(COOKIE, logIns.open(given.username), {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
      });
    },
    logOut(request, reply) {
      const token = request.cookies[COOKIE];
      if (token !== undefined) logIns?.close(token);
      reply.clearCookie(COOKIE, { path: '/' });
    },
  };
}

/** Refuses a changing request from a page that is not ours; one from no page is allowed. */
function checkSource({ headers }: FastifyRequest, path: string): void {
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase())
    throw new Refusal(403, `Pages of ${origin.slice(0, 100)} may not change anything here.`);
  // A form of another page can send none of these: a browser would ask us first whether it may, and we say no.
  const asked =
    origin !== undefined ||
    /^application\/json\b/.test(headers['content-type'] ?? '') ||
    headers['x-gatecast'] !== undefined;
  if (path.startsWith('/api/v2/') && !asked)
    throw new Refusal(415, 'Send content-type: application/json, or a header x-gatecast with any value.');
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** True if a Host header is an address, or localhost: anybody may point another name here. */
function isLocalName(host = ''): boolean {
  const name = host
    .toLowerCase()
    .replace(/\.?(?::\d+)?$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
}

/** People that are logged in at the same time; the one who has not come for longest is logged out. */
const MAX_LOGINS = 1_000;

/** Idle time after which a user is logged out, in milliseconds. */
const LOGIN_MS = 12 * 3_600_000;

/** Credentials of the API, and the users who are logged in. */
export class LogIns {
  readonly #credentials: Credentials;
  /** Names of users by the tokens that they were given. */
  readonly #users = new LRUCache<string, string>({ max: MAX_LOGINS, ttl: LOGIN_MS, updateAgeOnGet: true });

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** True if these are the credentials; compared in constant time. */
  accepts({ username, password }: Credentials): boolean {
    const name = isSameSecret(username, this.#credentials.username);
    const word = isSameSecret(password, this.#credentials.password);
    return name && word;
  }

  /** Logs a user in; the token is as good as the password until it is given back. */
  open(username: string): string {
    const token = randomBytes(32).toString('base64url');
    this.#users.set(token, username);
    return token;
  }

  /** Name of the user with this token. */
  userOf(token: string): string | undefined {
    return this.#users.get(token);
  }

  close(token: string): void {
    this.#users.delete(token);
  }
}

/** The credentials of `Authorization: Basic …` (RFC 7617); undefined if there are none. */
export function readBasic(header: string | undefined): Credentials | undefined {
  const base64 = /^basic ([a-z0-9+/]+=*)$/i.exec(header ?? '')?.[1];
  if (base64 === undefined) return undefined;
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The credentials of `Authorization: Bearer …` (RFC 6750), whose token is a password; undefined if there are none. */
function readBearer(header: string | undefined): Credentials | undefined {
  const token = /^bearer ([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
  return token === undefined ? undefined : { username: BEARER_USER, password: token };
}
