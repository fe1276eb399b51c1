import type { DvrOptions, HttpServerOptions, VhostOptions } from '../../model/options.ts';
import { splitTemplate } from '../../model/private-files.ts';
import { quote, type Report } from '../report.ts';
import type { DvrValues } from '../schema/dvr.ts';
import type { ResolvedBlock, Setting } from './block.ts';
import { isIn } from './http.ts';

/** `dvr { … }` as the dvr room wants it. */
export function resolveDvr({ values, settings }: ResolvedBlock<DvrValues>, report: Report): DvrOptions {
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
