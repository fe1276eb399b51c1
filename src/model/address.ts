import { DEFAULT_VHOST } from './stream-key.ts';

/** Longest tcUrl, app or stream name that is looked at, in UTF-16 units. */
export const MAX_ADDRESS_LENGTH = 4096;

const DEFAULT_APP = '__defaultApp__';
/** Wowza's and FMS's name for an app's default instance: no part of anybody's stream. */
const DEFAULT_INSTANCE = '_definst_';

/** Address as a client gives it. */
export interface AddressRequest {
  /** `tcUrl` of the connect command. */
  readonly tcUrl: string;
  /** `app` of the connect command; used when the tcUrl has no path. */
  readonly app: string;
  /** Name given to publish or play; empty while there is none. */
  readonly streamName: string;
  /** True for a client that cuts URLs inside their queries (`cutsQueries`). */
  readonly cutsQueries?: boolean;
}

/** Resolved address. `stream` is empty if the client has named none. */
export interface Address {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** `?` and the queries of stream name and tcUrl, each once; empty if there is none. */
  readonly param: string;
}

interface Refusal {
  readonly ok: false;
  readonly message: string;
  /** True if nothing but the host is wrong: a stream name may name a vhost yet. */
  readonly undecided: boolean;
}

type Resolution = { readonly ok: true; readonly address: Address } | Refusal;

/** The vhosts that a configuration knows, by name. */
interface KnownVhosts {
  get(name: string): { readonly enabled: boolean } | undefined;
}

/**
 * Turns what a client says into vhost, app, stream and param.
 *
 * Queries are split off before paths are, so that no `/` or `=` in a token can move a stream; the vhost is decided from
 * all queries together, so that no way to split a URL slips past a vhost's hooks; all but the last path segment is the
 * app, so that publisher and player meet however their tools split the URL.
 */
export function resolveAddress(said: AddressRequest, vhosts: KnownVhosts, strict: boolean): Resolution {
  const request = meant(said);
  for (const [name, text] of Object.entries(request)) {
    if (text.length > MAX_ADDRESS_LENGTH)
      return refuse(`${name} is longer than ${MAX_ADDRESS_LENGTH} characters`);
  }
  const url = splitTcUrl(request.tcUrl);
  const fromUrl = splitQuery(url.path);
  const fromApp = splitQuery(request.app);
  const fromName = splitQuery(request.streamName);
  const queries = unique([...fromName.queries, ...fromUrl.queries, ...fromApp.queries]);

  const vhost = chooseVhost(namedVhosts(queries), url.host, vhosts, strict);
  if (!vhost.ok) return vhost;

  const urlPath = segments(fromUrl.path).length > 0 ? fromUrl.path : fromApp.path;
  const path = segments(`${urlPath}/${fromName.path}`).filter((segment) => segment !== DEFAULT_INSTANCE);
  if (path.some((segment) => segment === '.' || segment === '..'))
    return refuse('a path segment is "." or ".."');
  // OBS users paste the whole URL into the server field and leave the key empty: the last segment is the stream then,
  // but a client that names one segment altogether names an app.
  const wholePathInUrl = segments(fromName.path).length === 0;
  const stream = wholePathInUrl && path.length < 2 ? '' : (path.pop() ?? '');
  return {
    ok: true,
    address: { vhost: vhost.name, app: path.join('/') || DEFAULT_APP, stream, param: formatParam(queries) },
  };
}

/** True if a client can name a stream so in any URL: the name alone, without a query or another app or vhost. */
export function isStreamName(name: string): boolean {
  if (name === '' || /[\p{Cc}\p{Cf}\p{Cs}\\]/u.test(name)) return false;
  const vhosts: KnownVhosts = { get: () => ({ enabled: true }) };
  const resolution = resolveAddress({ tcUrl: 'rtmp://host/app', app: '', streamName: name }, vhosts, false);
  if (!resolution.ok) return false;
  const { app, stream, param } = resolution.address;
  return app === 'app' && stream === name && param === '';
}

/** The app of a client that has connected and not named a stream yet, with its vhost and param. */
export function resolveConnect(
  request: Omit<AddressRequest, 'streamName'>,
  vhosts: KnownVhosts,
  strict: boolean,
): Resolution {
  // Any name will do: it is the segment that resolveAddress takes off the app again. A cut URL has its own.
  const streamName = request.cutsQueries && isCut(request.tcUrl) ? '' : 'any';
  const resolution = resolveAddress({ ...request, streamName }, vhosts, strict);
  return resolution.ok ? { ok: true, address: { ...resolution.address, stream: '' } } : resolution;
}

/** The three texts; those of a URL that was cut inside its query are put together again. */
function meant({ tcUrl, app, streamName, cutsQueries }: AddressRequest) {
  if (!cutsQueries || !isCut(tcUrl)) return { tcUrl, app, streamName };
  return { tcUrl: streamName === '' ? tcUrl : `${tcUrl}/${streamName}`, app: '', streamName: '' };
}

function refuse(message: string, undecided = false): Refusal {
  return { ok: false, message, undecided };
}

function splitTcUrl(tcUrl: string): { host: string; path: string } {
  const match = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(tcUrl.trim());
  if (!match) return { host: '', path: '' };
  const [, authority = '', path = ''] = match;
  const hostAndPort = authority.slice(authority.lastIndexOf('@') + 1);
  const host = /^\[[^\]]*\]/.exec(hostAndPort)?.[0] ?? hostAndPort.replace(/:\d*$/, '');
  return { host, path };
}

/**
 * Splits `path?a=b#c` into its path and its queries. SRS's old separators before a vhost are queries too:
 * `live...vhost...v`, `live,vhost=v`, `live&&vhost=v`. The vhost in such a form ends at a slash, after which the path
 * goes on.
 */
function splitQuery(text: string): { path: string; queries: string[] } {
  const at = text.search(/[?#]/);
  let path = at < 0 ? text : text.slice(0, at);
  const queries: string[] = [];
  path = path.replace(
    /(?:\.\.\.|,|&&?)(vhost|domain)(?:=|\.\.\.)([^/,&]*)([^/]*)/g,
    (_whole, key: string, value: string, rest: string) => {
      queries.push(`${key}=${value}${rest.replace(/^(?:,|&&)/, '&')}`);
      return '';
    },
  );
  if (at >= 0) {
    const query = text.slice(at).replace(/^\?/, '');
    if (query !== '') queries.push(query);
  }
  return { path: path.replaceAll(' ', ''), queries };
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

function namedVhosts(queries: readonly string[]): string[] {
  const pairs = queries.flatMap((query) => query.split(/[?&#]/));
  return unique(
    pairs.flatMap((pair) => {
      const value = /^(?:vhost|domain)=(.+?)\/*$/s.exec(pair.trim())?.[1];
      return value === undefined ? [] : [value];
    }),
  );
}

type VhostChoice = { readonly ok: true; readonly name: string } | Refusal;

function chooseVhost(
  named: readonly string[],
  host: string,
  vhosts: KnownVhosts,
  strict: boolean,
): VhostChoice {
  const [first, second] = unique(named.map((name) => known(name, vhosts) ?? name)).sort();
  if (second !== undefined) return refuse(`the URL names two vhosts, ${first} and ${second}: name one`);
  const wanted = first ?? host;
  const found = known(wanted, vhosts);
  if (found !== undefined) return choose(found, vhosts);
  // An address or localhost names a machine, not a vhost.
  const namesVhost = first !== undefined || !isMachine(host);
  const undecided = first === undefined;
  if (strict && namesVhost) {
    return refuse(`vhost ${wanted} is not configured here and strict_vhost is on`, undecided);
  }
  if (vhosts.get(DEFAULT_VHOST)) return choose(DEFAULT_VHOST, vhosts);
  const why = `vhost ${wanted || '(none)'} is not configured here and there is no ${DEFAULT_VHOST}`;
  return refuse(why, undecided);
}

function choose(name: string, vhosts: KnownVhosts): VhostChoice {
  // A vhost that is switched off lets nobody in; least of all through the default vhost.
  return vhosts.get(name)?.enabled ? { ok: true, name } : refuse(`vhost ${name} is switched off`);
}

function known(name: string, vhosts: KnownVhosts): string | undefined {
  return [name, name.toLowerCase()].find((candidate) => vhosts.get(candidate) !== undefined);
}

function isMachine(host: string): boolean {
  return (
    host === '' ||
    host.toLowerCase() === 'localhost' ||
    host.startsWith('[') ||
    /^\d+(?:\.\d+){3}$/.test(host)
  );
}

function formatParam(queries: readonly string[]): string {
  const joined = queries.join('&');
  // The default vhost, named in full, says nothing; a fragment alone is kept as SRS keeps it.
  if (joined === '' || joined === `vhost=${DEFAULT_VHOST}`) return '';
  return joined.startsWith('#') ? joined : `?${joined}`;
}

/**
 * ffmpeg cuts a URL behind its second path segment, even when that slash belongs to the query: of
 * `rtmp://host/live/cam?token=a/b` it makes the tcUrl `rtmp://host/live/cam?token=a` and the name `b`. These are the
 * words by which it can be told from clients that mean what they say (as publisher, as player).
 */
export function cutsQueries(flashVer: string): boolean {
  return flashVer.includes('Lavf') || flashVer === 'LNX 9,0,124,2';
}

/**
 * True if this tcUrl of such a client is the first part of a URL that was cut inside its query: it names app and stream
 * already. SRS's old form `rtmp://host/app?vhost=v/stream` has the stream behind the query by intent.
 */
export function isCut(tcUrl: string): boolean {
  const [, path = '', query] = /^[^:/]+:\/\/[^/]*([^?]*)\?(.*)$/s.exec(tcUrl) ?? [];
  if (query === undefined || path.split('/').filter((segment) => segment !== '').length < 2) return false;
  return !/(?:^|[?&])(?:vhost|domain)=[^&]*$/.test(query);
}
