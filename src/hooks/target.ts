import type { BreakerOptions, HookName, HookOptions } from '../model/options.ts';
import { MASK, maskText } from '../model/secret-values.ts';
import { contentTypeOf } from './payload.ts';

/** A server that hooks are sent to, and how it is treated. What is equal in all of this shares connections and breaker. */
export interface BackendOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly maxConnections: number;
  readonly maxQueue: number;
  readonly breaker: BreakerOptions;
}

/** One URL of a hook, taken apart once per configuration. */
export interface Target {
  readonly backend: BackendOptions;
  /** Names the backend: the same for equal options. */
  readonly backendKey: string;
  /** Path and query, as they go on the request line. */
  readonly path: string;
  /** Names and values in turns. */
  readonly headers: readonly string[];
  /** The headers as they may be shown: what was configured and what authorizes is masked. */
  readonly shownHeaders: readonly (readonly [name: string, value: string])[];
  /** The URL as it may be shown: no userinfo, no values of the query. */
  readonly shown: string;
  /** The directive that names it, where that is not its event's own: `on_done`. */
  readonly hook?: HookName | undefined;
}

/** Takes a hook's URL apart; throws if it is not an absolute http or https URL. */
export function parseTarget(text: string, options: HookOptions, version: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('A hook needs an absolute http or https URL.');
  const { ca, insecure, maxConnections, maxQueue, breaker } = options;
  const backend: BackendOptions = {
    origin: url.origin,
    ca,
    insecure,
    maxConnections,
    maxQueue,
    breaker: { failures: breaker.failures, openMs: breaker.openMs },
  };
  const own = ownHeaders(url, options, version);
  const configured = new Set(options.headers.map(([name]) => name.toLowerCase()));
  const kept = own.filter(([name]) => !configured.has(name.toLowerCase()));
  return {
    backend,
    backendKey: JSON.stringify(backend),
    path: url.pathname + url.search,
    headers: [...kept, ...options.headers].flat(),
    shownHeaders: [
      ...kept.map(([name, value]) => [name, name === 'Authorization' ? MASK : value] as const),
      ...options.headers.map(([name]) => [name, MASK] as const),
    ],
    shown: showUrl(url),
  };
}

/** What we say ourselves where the configuration says nothing else. */
function ownHeaders(url: URL, { schema }: HookOptions, version: string): [name: string, value: string][] {
  const headers: [string, string][] = [
    ['Content-Type', contentTypeOf(schema)],
    ['User-Agent', userAgent(schema, version)],
  ];
  if (url.username !== '' || url.password !== '') headers.push(['Authorization', basic(url)]);
  return headers;
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

/** A URL as it may be shown: no userinfo, no values of the query. */
export function showUrl({ href, hash }: URL): string {
  return maskText(href.slice(0, href.length - hash.length));
}
