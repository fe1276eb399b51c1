import type { PublishOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { one, seconds, whole } from './values.ts';

/** Directives of `publish { … }`. */
export const PUBLISH: BlockSpec<PublishOptions> = {
  path: ['vhost', 'publish'],
  doc: 'When publishers of this vhost are closed.',
  directives: {
    firstPktTimeoutMs: {
      name: 'firstpkt_timeout',
      takes: 'one value',
      read: one(whole(1, 3_600_000)),
      fallback: '20000',
      unit: 'milliseconds',
      doc: 'Time in which a publisher has to send its first media.',
      example: '5000',
    },
    normalTimeoutMs: {
      name: 'normal_timeout',
      takes: 'one value',
      read: one(whole(1, 3_600_000)),
      fallback: '5000',
      unit: 'milliseconds',
      doc: 'Longest silence of a publisher that has sent media.',
      example: '10000',
    },
    kickoffForIdleMs: {
      name: 'kickoff_for_idle',
      takes: 'one value',
      read: one(seconds(0, 86_400)),
      fallback: '0',
      unit: 'seconds',
      doc: 'Closes a publisher that has had no player for this long; 0 never does.',
      example: '60',
    },
  },
};
