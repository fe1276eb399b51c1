import type { DvrOptions } from '../../model/options.ts';
import type { Report } from '../report.ts';
import type { DvrValues } from '../schema/dvr.ts';
import type { ResolvedBlock } from './block.ts';

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
