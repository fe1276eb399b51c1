import { resolve, sep } from 'node:path';
import type { HttpRemuxOptions, HttpServerOptions } from '../../model/options.ts';
import { quote, type Report } from '../report.ts';
import { HTTP_REMUX } from '../schema/http-remux.ts';
import type { Directive } from '../tree.ts';
import { type ResolveContext, type ResolvedBlock, resolveBlock } from './block.ts';

/** `http_remux { … }`; a mount that cannot be served is told and switches it off, so that files of SRS go on loading. */
export function resolveRemux(
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
