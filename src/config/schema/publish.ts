import type { PublishOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { one, seconds, whole } from './values.ts';

/** Directives of `publish { … }`. */
export const PUBLISH: BlockSpec<PublishOptions> = block({
  path: ['vhost', 'publish'],
  doc: 'When publishers of this vhost are closed.',
  directives: {
    firstPktTimeoutMs: directive(
      one(whole(1, 3_600_000)),
      '20000',
      'Time in which a publisher has to send its first media.',
      '5000',
      { name: 'firstpkt_timeout', unit: 'milliseconds' },
    ),
    normalTimeoutMs: directive(
      one(whole(1, 3_600_000)),
      '5000',
      'Longest silence of a publisher that has sent media.',
      '10000',
      { unit: 'milliseconds' },
    ),
    kickoffForIdleMs: directive(
      one(seconds(0, 86_400)),
      '0',
      'Closes a publisher that has had no player for this long; 0 never does.',
      '60',
      { unit: 'seconds' },
    ),
  },
});
