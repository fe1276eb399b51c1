import { isLoopback } from '../../model/ip.ts';
import type { Credentials, HostAddress, HttpApiOptions, ListenAddress } from '../../model/options.ts';
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

/** Resolves `http_api { … }`: credentials from wherever they stand, and none needed on this machine alone. */
export function resolveHttpApi(
  root: readonly Directive[],
  file: string,
  context: ResolveContext,
): ResolvedHttpApi {
  const content = contentOf(root, 'http_api');
  const own = resolveBlock(HTTP_API, content, context);
  const auth = resolveBlock(HTTP_API_AUTH, contentOf(content, 'auth'), context);
  // What they bound is the reading of a configuration: the server itself has no use for them.
  const { enabled, listen, editRoots: _editRoots, ...switches } = own.values;
  const https = resolveApiHttps(content, enabled, context);
  const credentials = credentialsOf(auth, whole(file), context);
  if (enabled && !auth.values.enabled) {
    checkLoopback(listen, own.settings, whole(file), context);
    checkLoopback(https.options?.listen ?? [], https.settings, whole(file), context);
  }
  return {
    options: {
      enabled,
      listen: listen.map(onThisMachine),
      https: https.options && { ...https.options, listen: https.options.listen.map(onThisMachine) },
      ...switches,
      credentials,
    },
    listeners: [
      { who: 'http_api', addresses: enabled ? listen : [], settings: own.settings },
      { who: 'https of http_api', addresses: https.options?.listen ?? [], settings: https.settings },
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
  const { enabled, username, password } = auth.values;
  if (!enabled) return undefined;
  const at = originOf('enabled', auth.settings) ?? file;
  if (username === undefined || password === undefined) {
    context.report.error(at, 'auth of http_api is on, expected a username and a password in it');
    return undefined;
  }
  const text = textAt(password, 'password', originOf('password', auth.settings) ?? at, context);
  return text === undefined ? undefined : { username, password: text };
}
