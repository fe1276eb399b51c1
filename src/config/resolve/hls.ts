import type { HlsOptions, HookOptions, VhostOptions } from '../../model/options.ts';
import type { Position } from '../diagnostic.ts';
import type { Report } from '../report.ts';
import type { HlsValues } from '../schema/hls.ts';
import type { ResolvedBlock } from './block.ts';

/** Events about players, which would be lost without sessions. */
const ABOUT_PLAYERS = ['on_play', 'on_stop', 'on_done', 'on_update'] as const;

/** `hls { … }` as the hls room wants it; refuses what would let viewers past the hooks of the vhost. */
export function resolveHls(
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
