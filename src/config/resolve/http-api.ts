import { isLoopback } from '../../model/ip.ts';
import type { Credentials, HttpApiOptions } from '../../model/options.ts';
import { HTTP_API, HTTP_API_AUTH, type HttpApiAuthValues } from '../schema/http-api.ts';
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
import { textAt } from './secrets.ts';

const LOOPBACK = '127.0.0.1';

/** Resolves `http_api { … }`: credentials from wherever they stand, and none needed on this machine alone. */
export function resolveHttpApi(
  root: readonly Directive[],
  file: string,
  context: ResolveContext,
): { readonly options: HttpApiOptions; readonly settings: readonly Setting[]; readonly setting: Setting } {
  const content = contentOf(root, 'http_api');
  const own = resolveBlock(HTTP_API, content, context);
  const auth = resolveBlock(HTTP_API_AUTH, contentOf(content, 'auth'), context);
  const { enabled, listen, ...switches } = own.values;
  const host = listen.host ?? LOOPBACK;
  const credentials = credentialsOf(auth, whole(file), context);
  if (enabled && !auth.values.enabled && !isLoopback(host)) {
    const at = originOf('listen', own.settings) ?? whole(file);
    context.report.error(
      at,
      `http_api listens at ${host} without auth, expected "auth { enabled on; username NAME; password env:NAME; }" in it, or an address of this machine alone such as ${LOOPBACK}:${listen.port}`,
    );
  }
  return {
    options: { enabled, listen: { host, port: listen.port }, ...switches, credentials },
    settings: own.settings,
    setting: blockSetting(
      HTTP_API,
      [...own.settings, blockSetting(HTTP_API_AUTH, auth.settings, content)],
      root,
    ),
  };
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
