import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Snapshot } from '../clients/client-registry.ts';
import { type Address, MAX_ADDRESS_LENGTH, resolveAddress, resolveConnect } from '../model/address.ts';
import { formatIp } from '../model/ip.ts';
import type { VhostOptions } from '../model/options.ts';
import type { ForwardedRequest } from './peers/forwarded-request.ts';

/** A GET or HEAD, as the parts of the playback server see it. */
export interface PlaybackRequest {
  /** The configuration by which it is answered. */
  readonly snapshot: Snapshot;
  /** Named by the query (`vhost=`, `domain=`) or by the Host header, or the default one. */
  readonly vhost: VhostOptions;
  /** Host header, as it came. */
  readonly host: string;
  /** Segments of the path, decoded. None is empty, `.` or `..`; none has a slash, a backslash or a control character. */
  readonly path: readonly string[];
  /** True if the path ends with a slash, as a directory's does. */
  readonly directory: boolean;
  /** The query without its `?`, as it came. */
  readonly query: string;
  /** The query as backends are told it: with its `?`, or empty. */
  readonly param: string;
  readonly ip: string;
  /** Page that embeds the player, from Referer; empty if not given. */
  readonly pageUrl: string;
  /** Facts from the process that passed the request on; undefined for a request that came from its client. */
  readonly forwarded: ForwardedRequest | undefined;
  /** Program of the client, from User-Agent; empty if not given. */
  readonly agent: string;
}

/** Reason why a request is refused. */
export interface Fault {
  readonly ok: false;
  readonly status: number;
  /** A sentence for the client. */
  readonly message: string;
}

type Reading = { readonly ok: true; readonly request: PlaybackRequest } | Fault;

/**
 * Reads what a request wants; nothing of it is trusted. `peer` is who sent it, `isTrusted` knows the proxies. An
 * `forwarded request` is what another process of the server says of it, and is believed.
 */
export function readPlaybackRequest(
  raw: Pick<IncomingMessage, 'url' | 'headers'>,
  peer: string,
  isTrusted: (ip: string) => boolean,
  snapshot: Snapshot,
  forwarded?: ForwardedRequest,
): Reading {
  const { url = '', headers } = raw;
  if (url.length > MAX_ADDRESS_LENGTH) {
    return fault(414, `the URL is longer than ${MAX_ADDRESS_LENGTH} characters`);
  }
  const [, pathText = '', query = ''] = /^(\/[^?#]*)(?:\?([^#]*))?$/s.exec(url) ?? [];
  if (pathText === '') return fault(400, 'the URL is not a path with an optional query');
  const path = readPath(pathText);
  if (!path) return fault(400, 'the path has an invalid segment');
  const host = headers.host ?? '';
  if (!/^[\w.:[\]-]*$/.test(host)) return fault(400, 'the Host header is invalid');
  const where = resolveConnect(
    { tcUrl: `http://${host}/any?${query}`, app: '' },
    snapshot.vhosts,
    snapshot.strictVhost,
  );
  const vhost = where.ok ? snapshot.vhosts.get(where.address.vhost) : undefined;
  if (!where.ok || !vhost) return fault(404, where.ok ? 'vhost not found' : where.message);
  return {
    ok: true,
    request: {
      snapshot,
      vhost,
      host,
      path,
      directory: pathText.endsWith('/'),
      query,
      param: where.address.param,
      ip: forwarded?.ip ?? clientAddress(peer, forwardedFor(headers), isTrusted),
      pageUrl: headers.referer ?? '',
      forwarded,
      agent: headers['user-agent'] ?? '',
    },
  };
}

function forwardedFor({ 'x-forwarded-for': said }: IncomingMessage['headers']): string | undefined {
  return Array.isArray(said) ? said.join(',') : said;
}

/** The segments of a path; undefined if one of them could lead anywhere else than it says. */
function readPath(text: string): readonly string[] | undefined {
  const segments: string[] = [];
  for (const encoded of text.split('/')) {
    if (encoded === '') continue;
    const segment = decode(encoded);
    if (segment === undefined || segment === '.' || segment === '..') return undefined;
    if (/[/\\\p{Cc}]/u.test(segment)) return undefined;
    segments.push(segment);
  }
  return segments;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function fault(status: number, message: string): Fault {
  return { ok: false, status, message };
}

/**
 * Address that a request comes from: the last one in X-Forwarded-For that is no trusted proxy's, if `peer` is one. What stands
 * before that anybody may have written there.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  isTrusted: (ip: string) => boolean,
): string {
  let ip = peer;
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    if (!isTrusted(ip)) return ip;
    const address = hop.trim().replace(/^\[(.*)\](?::\d+)?$/, '$1');
    if (isIP(address) === 0) return ip;
    ip = formatIp(address);
  }
  return ip;
}

/** Refuses a request with a sentence that a person with a browser or curl can read. */
export function refuse(reply: FastifyReply, { status, message }: Fault): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('text/plain; charset=utf-8')
    .send(`${message}\n`);
}

/**
 * Fault in the head of a request, whatever it asks for: two hosts, which a proxy in front of this server may
 * read in another order, or a body over the bound where none is read.
 */
export function faultOfHead(
  { rawHeaders, headers, method }: Pick<IncomingMessage, 'rawHeaders' | 'headers' | 'method'>,
  maxBodyBytes: number,
): Fault | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1)
    return { ok: false, status: 400, message: 'the request has more than one Host header' };
  // Other bodies are bounded where they are read.
  if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return undefined;
  if (headers['transfer-encoding'] !== undefined)
    return { ok: false, status: 411, message: `the body of a ${method} needs a Content-Length` };
  if (Number(headers['content-length'] ?? 0) <= maxBodyBytes) return undefined;
  return { ok: false, status: 413, message: `the body of a ${method} has more than ${maxBodyBytes} bytes` };
}

/** The stream that a path names by an app and a stream; undefined if no stream can be called so over RTMP. */
export function streamAddress(
  { vhost, snapshot, param }: Pick<PlaybackRequest, 'vhost' | 'snapshot' | 'param'>,
  { app, stream }: { readonly app: string; readonly stream: string },
): Address | undefined {
  const said = { tcUrl: `rtmp://${vhost.name}/${app}`, app: '', streamName: stream };
  const resolution = resolveAddress(said, snapshot.vhosts, true);
  if (!resolution.ok) return undefined;
  const { address } = resolution;
  // A decoded text is a name and nothing more: no query, vhost or further folder may come out of it.
  const same = address.vhost === vhost.name && address.app === app && address.stream === stream;
  return same && address.param === '' ? { ...address, param } : undefined;
}
