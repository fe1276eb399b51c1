import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { BEARER_USER, type Credentials } from '../model/options.ts';
import { isSameSecret } from '../model/same-secret.ts';

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
export function readBearer(header: string | undefined): Credentials | undefined {
  const token = /^bearer ([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
  return token === undefined ? undefined : { username: BEARER_USER, password: token };
}
