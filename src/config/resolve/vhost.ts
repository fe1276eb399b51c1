import type { SecurityRule, VhostOptions } from '../../model/options.ts';
import { REFER, SECURITY, type SecurityValues } from '../schema/access.ts';
import { DVR } from '../schema/dvr.ts';
import { HLS } from '../schema/hls.ts';
import { HTTP_HOOKS } from '../schema/http-hooks.ts';
import { HTTP_REMUX } from '../schema/http-remux.ts';
import { PLAY } from '../schema/play.ts';
import { PUBLISH } from '../schema/publish.ts';
import type { BlockSpec } from '../schema/spec.ts';
import { VHOST_TLS } from '../schema/tls.ts';
import { VHOST } from '../schema/vhost.ts';
import type { Directive } from '../tree.ts';
import {
  blockSetting,
  contentOf,
  nameOf,
  type ResolveContext,
  type ResolvedBlock,
  resolveBlock,
  type Setting,
} from './block.ts';
import { resolveDvr } from './dvr.ts';
import { resolveHls } from './hls.ts';
import { resolveHooks } from './hooks.ts';
import { resolveRemux } from './http.ts';
import { resolveVhostTls } from './tls.ts';

/** A vhost, and what to print of it. */
export interface ResolvedVhost {
  readonly options: VhostOptions;
  readonly setting: Setting;
}

/** Resolves `vhost NAME { … }`; `chunkSize` is the top level's. */
export function resolveVhost(
  name: string,
  directive: Directive,
  chunkSize: number,
  context: ResolveContext,
): ResolvedVhost {
  const content = directive.block ?? [];
  const own = resolveBlock(VHOST, content, context);
  const inner = <V>(block: BlockSpec<V>): ResolvedBlock<V> =>
    resolveBlock(block, contentOf(content, nameOf(block)), context);
  const hls = inner(HLS);
  const hooks = resolveHooks(contentOf(content, 'http_hooks'), hls.values.nbNotify, context);
  const security = inner(SECURITY);
  const play = inner(PLAY);
  const publish = inner(PUBLISH);
  const refer = inner(REFER);
  const tls = resolveVhostTls(content, context);
  const remux = resolveRemux(contentOf(content, 'http_remux'), name, context);
  const dvr = inner(DVR);
  const blocks: readonly [BlockSpec<unknown>, Pick<ResolvedBlock<unknown>, 'settings'>][] = [
    [HTTP_HOOKS, hooks],
    [SECURITY, security],
    [PLAY, play],
    [PUBLISH, publish],
    [REFER, refer],
    [VHOST_TLS, tls],
    [HLS, hls],
    [HTTP_REMUX, remux],
    [DVR, dvr],
  ];
  return {
    options: {
      name,
      enabled: own.values.enabled,
      chunkSize: own.values.chunkSize ?? chunkSize,
      tcpNodelay: own.values.tcpNodelay,
      outAckSize: own.values.outAckSize,
      inAckSize: own.values.inAckSize,
      play: { ...play.values, minLatency: own.values.minLatency },
      publish: publish.values,
      hooks: hooks.options,
      dvr: resolveDvr(dvr, context.report),
      security: security.values.enabled ? rulesOf(security.values) : undefined,
      refer: refer.values,
      tls: tls.options,
      hls: resolveHls(hls, hooks.options, context.report),
      httpRemux: remux.values,
    },
    setting: {
      name: 'vhost',
      args: [name],
      block: [
        ...own.settings.map((setting) => inherited(setting, chunkSize)),
        ...blocks.map(([block, { settings }]) => blockSetting(block, settings, content)),
      ],
      origin: directive.at,
    },
  };
}

/** Refusals stand first: a matching `deny` beats every `allow`. */
function rulesOf({ deny, allow }: SecurityValues): SecurityRule[] {
  return [
    ...deny.map((rule) => ({ verdict: 'deny' as const, ...rule })),
    ...allow.map((rule) => ({ verdict: 'allow' as const, ...rule })),
  ];
}

function inherited(setting: Setting, chunkSize: number): Setting {
  if (setting.name !== 'chunk_size' || setting.origin !== 'unset') return setting;
  return { ...setting, args: [String(chunkSize)], origin: 'default' };
}
