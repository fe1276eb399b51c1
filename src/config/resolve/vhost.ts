import { resolve, sep } from 'node:path';
import type {
  DvrOptions,
  HlsOptions,
  HookOptions,
  HttpRemuxOptions,
  HttpServerOptions,
  SecurityRule,
  VhostOptions,
} from '../../model/options.ts';
import { splitTemplate } from '../../model/private-files.ts';
import { type Position, quote, type Report } from '../report.ts';
import { REFER, SECURITY, type SecurityValues } from '../schema/access.ts';
import { DVR, type DvrValues } from '../schema/dvr.ts';
import { HLS, type HlsValues } from '../schema/hls.ts';
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
import { resolveHooks } from './hooks.ts';
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

/** Events about players, which would be lost without sessions. */
const ABOUT_PLAYERS = ['on_play', 'on_stop', 'on_done', 'on_update'] as const;

/** `hls { … }` as the hls room wants it; refuses what would let viewers past the hooks of the vhost. */
function resolveHls(
  { values, settings }: ResolvedBlock<HlsValues>,
  hooks: HookOptions,
  report: Report,
): HlsOptions {
  const { format, useFmp4, nbNotify: _hooks, ...options } = values;
  const at = (name: string) => {
    const origin = settings.find((setting) => setting.name === name)?.origin;
    return typeof origin === 'object' ? origin : undefined;
  };
  const ctxAt = at('hls_ctx');
  const asked = hooks.enabled ? ABOUT_PLAYERS.find((name) => hooks.urls[name] !== undefined) : undefined;
  if (options.enabled && !options.ctx && asked !== undefined && ctxAt !== undefined) {
    report.error(
      ctxAt,
      `hls_ctx is off, so viewers would pass without ${asked}; expected on, or a vhost without ${asked}`,
    );
  }
  const formatAt = at('hls_format');
  if (format === 'ts' && useFmp4 && formatAt !== undefined) {
    report.warn(formatAt, 'hls_format is ts and hls_use_fmp4 is on, so segments are MPEG-TS');
  }
  return { ...options, format: format ?? (useFmp4 ? 'fmp4' : 'ts') };
}

/** Warns of HLS that viewers cannot reach, or not all of them; `served` if there is an HTTP server. */
export function checkHls(
  vhosts: readonly Pick<VhostOptions, 'name' | 'hls'>[],
  served: boolean,
  at: Position,
  report: Report,
): void {
  const wanted = vhosts.filter(({ hls }) => hls.enabled);
  if (wanted.length === 0) return;
  const unseen = wanted.find(({ hls }) => hls.storage === 'memory');
  if (!served && unseen) {
    report.warn(
      at,
      `hls of vhost ${unseen.name} is kept in memory and nobody serves it; expected http_server to be enabled`,
    );
  }
  const paths = new Map<string, string>();
  for (const { name, hls } of wanted) {
    const path = `${hls.path}/${hls.m3u8File}`;
    if (hls.storage === 'memory' || path.includes('[vhost]')) continue;
    const other = paths.get(path);
    if (other !== undefined) {
      report.warn(
        at,
        `vhosts ${other} and ${name} write HLS to the same files, so of two streams with one name only one is segmented; expected [vhost] in hls_path`,
      );
    }
    paths.set(path, name);
  }
}

/** `http_remux { … }`; a mount that cannot be served is told and switches it off, so that files of SRS go on loading. */
function resolveRemux(
  content: readonly Directive[],
  vhost: string,
  context: ResolveContext,
): ResolvedBlock<HttpRemuxOptions> {
  const { values, settings } = resolveBlock(HTTP_REMUX, content, context);
  const mount = values.mount.slice(values.mount.indexOf('/'));
  const fault = values.enabled ? faultOf(values.mount, vhost) : undefined;
  if (fault === undefined) return { values: { ...values, mount }, settings };
  const at = settings.find(({ name }) => name === 'mount')?.origin;
  if (typeof at === 'object') {
    context.report.warn(
      at,
      `mount ${quote(values.mount)} ${fault}, so nothing is served; expected one such as [vhost]/[app]/[stream].flv`,
    );
  }
  return { values: { ...values, enabled: false }, settings };
}

/** Why nothing can be served there, as the end of a sentence. */
function faultOf(mount: string, vhost: string): string | undefined {
  const slash = mount.indexOf('/');
  const host = mount.slice(0, slash);
  const segments = mount.slice(slash + 1).split('/');
  const last = segments.pop() ?? '';
  if (slash < 0) return 'has no path';
  if (!['', '[vhost]', vhost].includes(host)) return 'begins with the host of another vhost';
  if (!last.endsWith('.flv')) return 'is not for FLV, which is all that is served over http_remux';
  if (last.split('[stream]').length !== 2) return 'does not have [stream] once in its last part';
  if (segments.filter((segment) => segment === '[app]').length !== 1)
    return 'does not have [app] once, as a part of its own';
  const fixed = segments.filter((segment) => segment !== '[app]');
  if ([...fixed, last.replace('[stream]', '')].some((segment) => /[[\]?#%\\]/.test(segment)))
    return 'has a variable or a character that a path cannot have';
  return undefined;
}

/** Refuses to serve the directory in which events wait and the server can be reached. */
export function checkServedDir(
  { values: { dir, enabled }, settings }: ResolvedBlock<HttpServerOptions>,
  stateDir: string,
  report: Report,
): void {
  const at = settings.find(({ name }) => name === 'dir')?.origin;
  if (!enabled || dir === undefined || typeof at !== 'object' || !isIn(stateDir, dir)) return;
  report.error(
    at,
    `dir holds state_dir ${quote(stateDir)}, which is nobody's to fetch; expected a directory that does not`,
  );
}

/** True if a directory is another one, or in it. */
export function isIn(directory: string, other: string): boolean {
  return `${resolve(directory)}${sep}`.startsWith(`${resolve(other)}${sep}`);
}

/** `dvr { … }` as the dvr room wants it. */
function resolveDvr({ values, settings }: ResolvedBlock<DvrValues>, report: Report): DvrOptions {
  const { plan, apply, ...rest } = values;
  const planAt = settings.find(({ name }) => name === 'dvr_plan')?.origin;
  if (plan === 'append' && typeof planAt === 'object')
    report.warn(
      planAt,
      'dvr_plan append is not supported: each publish gets a file of its own, as with session',
    );
  return {
    ...rest,
    plan: plan === 'append' ? 'session' : plan,
    apply: apply[0] === 'all' ? 'all' : apply.filter((stream) => stream !== 'none'),
  };
}

/** Warns of recordings that nobody may fetch, though they are where `http_server` serves files from, as in a file of SRS. */
export function warnOfPrivateRecordings(
  vhosts: readonly VhostOptions[],
  { values, settings }: { readonly values: HttpServerOptions; readonly settings: readonly Setting[] },
  report: Report,
): void {
  const at = settings.find(({ name }) => name === 'dir')?.origin;
  const { dir, enabled, serveRecordings } = values;
  if (!enabled || serveRecordings || dir === undefined || typeof at !== 'object') return;
  for (const { name, dvr } of vhosts) {
    const path = dvr.enabled && dvr.paths.find(({ template }) => isIn(splitTemplate(template, '').root, dir));
    if (path) {
      report.warn(
        at,
        `the recordings of vhost ${quote(name)} are in dir (dvr_path ${quote(path.template)}) and are not served; expected "serve_recordings on" if everybody may fetch them`,
      );
    }
  }
}
