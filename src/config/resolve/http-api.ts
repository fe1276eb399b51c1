import { isLoopback } from '../../model/ip.ts';
import {
  BEARER_USER,
  type Credentials,
  type HostAddress,
  type HttpApiOptions,
  type HttpServerOptions,
  type ListenAddress,
  type TlsListenOptions,
} from '../../model/options.ts';
import { HTTP_API, HTTP_API_AUTH, type HttpApiAuthValues } from '../schema/http-api.ts';
import { API_HTTPS } from '../schema/tls.ts';
import { whole } from '../source.ts';
import type { Directive } from '../tree.ts';
import {
  blockSetting,
  contentOf,
  originOf,
  type ResolveContext,
  type ResolvedBlock,
  resolveBlock,
  type Setting,
} from './block.ts';
import type { Listening } from './listen.ts';
import { textAt } from './secrets.ts';
import { resolveApiHttps } from './tls.ts';

const LOOPBACK = '127.0.0.1';

/** The API, where it wants to listen, and what to print of it. */
export interface ResolvedHttpApi {
  readonly options: HttpApiOptions;
  readonly listeners: readonly Listening[];
  readonly setting: Setting;
}

/** Addresses of `http_server`, whose ports the API may share, and the number of processes. */
export interface Playback {
  readonly http: HttpServerOptions;
  readonly https: TlsListenOptions | undefined;
  readonly workers: number | 'auto';
}

/** Resolves `http_api { … }`: credentials from wherever they stand, and none needed on this machine alone. */
export function resolveHttpApi(
  root: readonly Directive[],
  file: string,
  playback: Playback,
  context: ResolveContext,
): ResolvedHttpApi {
  const content = contentOf(root, 'http_api');
  const own = resolveBlock(HTTP_API, content, context);
  const auth = resolveBlock(HTTP_API_AUTH, contentOf(content, 'auth'), context);
  // They bound the reading of a configuration: the server itself has no use for them.
  const { enabled, listen: written, editRoots: _editRoots, ...switches } = own.values;
  const https = resolveApiHttps(content, enabled, context);
  const plain = split(written, enabled && playback.http.enabled ? playback.http.listen : []);
  const secure = split(https.options?.listen ?? [], playback.https?.listen ?? []);
  const listen = plain.own;
  const shared = [...plain.shared, ...secure.shared];
  if (shared.length > 0)
    checkSharing(shared, playback, auth.values.enabled, own.settings, whole(file), context);
  const credentials = credentialsOf(auth, whole(file), context);
  if (enabled && !auth.values.enabled) {
    checkLoopback(listen, own.settings, whole(file), context);
    checkLoopback(secure.own, https.settings, whole(file), context);
  }
  return {
    options: {
      enabled,
      listen: listen.map(onThisMachine),
      shared,
      https:
        https.options && secure.own.length > 0
          ? { ...https.options, listen: secure.own.map(onThisMachine) }
          : undefined,
      ...switches,
      credentials,
    },
    listeners: [
      { who: 'http_api', addresses: enabled ? listen : [], settings: own.settings },
      { who: 'https of http_api', addresses: secure.own, settings: https.settings },
    ],
    setting: blockSetting(
      HTTP_API,
      [
        ...own.settings,
        blockSetting(HTTP_API_AUTH, auth.settings, content),
        blockSetting(API_HTTPS, https.settings, content),
      ],
      root,
    ),
  };
}

/** Addresses of the API alone, and those that it shares with `http_server`. */
function split(wanted: readonly ListenAddress[], playback: readonly ListenAddress[]) {
  const isShared = ({ host, port }: ListenAddress) =>
    port !== 0 && playback.some((other) => other.port === port && other.host === host);
  return {
    shared: wanted.filter(isShared),
    own: wanted.filter((address) => !isShared(address)),
  };
}

function checkSharing(
  shared: readonly ListenAddress[],
  { workers }: Playback,
  hasAuth: boolean,
  settings: readonly Setting[],
  file: ReturnType<typeof whole>,
  { report }: ResolveContext,
): void {
  const at = originOf('listen', settings) ?? file;
  const ports = shared.map(({ port }) => port).join(' and ');
  if (workers !== 1)
    report.error(
      at,
      `http_api has port ${ports} of http_server, which several workers share, expected a port of its own`,
    );
  else if (!hasAuth)
    report.warn(
      at,
      `http_api has port ${ports} of http_server and no auth, so it answers this machine alone there; expected "auth { enabled on; username NAME; password env:NAME; }" in it`,
    );
}

/** A port alone is one of this machine. */
function onThisMachine({ host = LOOPBACK, port }: ListenAddress): HostAddress {
  return { host, port };
}

function checkLoopback(
  addresses: readonly ListenAddress[],
  settings: readonly Setting[],
  file: ReturnType<typeof whole>,
  { report }: ResolveContext,
): void {
  for (const { host, port } of addresses.map(onThisMachine)) {
    if (isLoopback(host)) continue;
    report.error(
      originOf('listen', settings) ?? file,
      `http_api listens at ${host} without auth, expected "auth { enabled on; username NAME; password env:NAME; }" in it, or an address of this machine alone such as ${LOOPBACK}:${port}`,
    );
  }
}

function credentialsOf(
  auth: ResolvedBlock<HttpApiAuthValues>,
  file: ReturnType<typeof whole>,
  context: ResolveContext,
): Credentials | undefined {
  const { enabled, type, token } = auth.values;
  if (!enabled) return undefined;
  const at = originOf('enabled', auth.settings) ?? file;
  const isBearer = type === 'bearer';
  const username = isBearer ? BEARER_USER : auth.values.username;
  const [name, word] = isBearer ? (['token', token] as const) : (['password', auth.values.password] as const);
  if (username === undefined || word === undefined) {
    const missing = isBearer ? 'of type bearer, expected a token' : 'on, expected a username and a password';
    context.report.error(at, `auth of http_api is ${missing} in it`);
    return undefined;
  }
  const text = textAt(word, name, originOf(name, auth.settings) ?? at, context);
  return text === undefined ? undefined : { username, password: text };
}
