import { resolve, sep } from 'node:path';
import type { DvrOptions, HttpServerOptions, VhostOptions } from '../../model/options.ts';
import { quote, type Report } from '../report.ts';
import type { DvrValues } from '../schema/dvr.ts';
import type { ResolvedBlock, Setting } from './block.ts';

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

/** Warns of recordings that everybody may fetch, since they are where `http_server` serves files from. */
export function warnOfPublicRecordings(
  vhosts: readonly VhostOptions[],
  { values, settings }: { readonly values: HttpServerOptions; readonly settings: readonly Setting[] },
  report: Report,
): void {
  const at = settings.find(({ name }) => name === 'dir')?.origin;
  const { dir, enabled } = values;
  if (!enabled || dir === undefined || typeof at !== 'object') return;
  for (const { name, dvr } of vhosts) {
    const path = dvr.enabled && dvr.paths.find(({ template }) => isIn(template, dir));
    if (path) {
      report.warn(
        at,
        `everybody may fetch the recordings of vhost ${quote(name)}: dvr_path ${quote(path.template)} is in dir`,
      );
    }
  }
}

/** Whether all that the template makes is in a directory. */
function isIn(template: string, directory: string): boolean {
  const fixed = template.slice(0, template.search(/\[|$/));
  const parent = resolve(fixed.slice(0, fixed.lastIndexOf('/') + 1));
  return `${parent}${sep}`.startsWith(`${resolve(directory)}${sep}`);
}
