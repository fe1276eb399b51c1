import { PROXY_PROTOCOL, REFER, SECURITY } from './access.ts';
import { DVR } from './dvr.ts';
import { HLS } from './hls.ts';
import { HTTP_API, HTTP_API_AUTH } from './http-api.ts';
import { HTTP_HOOKS, POLICY } from './http-hooks.ts';
import { HTTP_REMUX } from './http-remux.ts';
import { HTTP_SERVER } from './http-server.ts';
import { OUTBOX } from './outbox.ts';
import { PLAY } from './play.ts';
import { PUBLISH } from './publish.ts';
import { ROOT } from './root.ts';
import type { BlockSpec, Spec } from './spec.ts';
import { API_HTTPS, HTTPS, RTMPS, VHOST_TLS } from './tls.ts';
import { VHOST } from './vhost.ts';

/** Every block that Gatecast implements, in the order in which they are printed and documented. */
export const BLOCKS: readonly BlockSpec<unknown>[] = [
  ROOT,
  RTMPS,
  PROXY_PROTOCOL,
  OUTBOX,
  HTTP_SERVER,
  HTTPS,
  HTTP_API,
  HTTP_API_AUTH,
  API_HTTPS,
  VHOST,
  HTTP_HOOKS,
  POLICY,
  SECURITY,
  PLAY,
  PUBLISH,
  REFER,
  VHOST_TLS,
  HLS,
  HTTP_REMUX,
  DVR,
];

/** The directives of a block, in their order. */
export function specsOf(block: BlockSpec<unknown>): readonly Spec<unknown>[] {
  return Object.values(block.directives);
}

/** The paths by which variables name a block: with its head, where there may be a block for each. */
export function variablePaths({ path, heads }: BlockSpec<unknown>): readonly (readonly string[])[] {
  return heads === undefined ? [path] : heads.map((head) => [...path, head]);
}

/** The environment variable that overrides a directive. */
export function envName(path: readonly string[], name: string): string {
  return ['srs', ...path, name].join('_').toUpperCase();
}
