import type { HlsOptions, HookOptions } from '../../model/options.ts';
import type { Report } from '../report.ts';
import type { HlsValues } from '../schema/hls.ts';
import type { ResolvedBlock } from './block.ts';

/** Who is asked or told about players, and so would be passed by if there were no sessions. */
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
