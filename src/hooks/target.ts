import type { HookOptions } from '../model/options.ts';

/** One URL of a hook, taken apart once per configuration. */
export interface Target {
  /** Which connections it may share: the origin and everything that decides how they are opened. */
  readonly pool: string;
  readonly origin: string;
  /** Path and query, as they go on the request line. */
  readonly path: string;
  /** Names and values in turns. */
  readonly headers: string[];
  /** The URL as it may be shown: no userinfo, no values of the query. */
  readonly shown: string;
  readonly connectTimeoutMs: number;
  readonly ca: string | undefined;
  readonly insecure: boolean;
}

/** Takes a hook's URL apart; throws if it is not an absolute http or https URL. */
export function parseTarget(text: string, options: HookOptions, version: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('A hook needs an absolute http or https URL.');
  const { connectTimeoutMs, ca, insecure } = options;
  const headers = ['Content-Type', 'application/json', 'User-Agent', userAgent(options.schema, version)];
  if (url.username !== '' || url.password !== '') headers.push('Authorization', basic(url));
  return {
    pool: JSON.stringify([url.origin, connectTimeoutMs, ca, insecure]),
    origin: url.origin,
    path: url.pathname + url.search,
    headers,
    shown: showUrl(url),
    connectTimeoutMs,
    ca,
    insecure,
  };
}

/** The shape of the User-Agent that SRS has in that dialect, under our own name: 1.0 `NAME(what)x`, 3.0 on `NAME/x(what)`. */
function userAgent(schema: HookOptions['schema'], version: string): string {
  return schema === 'srs1' ? `Gatecast(${schema})${version}` : `Gatecast/${version}(${schema})`;
}

function basic(url: URL): string {
  return `Basic ${Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString('base64')}`;
}

/** A stray `%` stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function showUrl(url: URL): string {
  const user = url.username === '' && url.password === '' ? '' : '***@';
  const names = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '');
  const query = names
    .map((pair) => (pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=***` : '***'))
    .join('&');
  return `${url.protocol}//${user}${url.host}${url.pathname}${query === '' ? '' : `?${query}`}`;
}
