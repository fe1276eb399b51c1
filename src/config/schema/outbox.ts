import type { OutboxOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { choice, enabled, one, seconds, whole } from './values.ts';

/** Directives of `outbox { … }`. */
export const OUTBOX: BlockSpec<OutboxOptions> = block({
  path: ['outbox'],
  doc: 'What the server has to tell the backends of http_hooks, kept in state_dir until they have taken it. Gatecast only.',
  directives: {
    enabled: enabled(
      'on',
      'Off keeps the events in memory: they are repeated all the same, and end with the process. A change takes a restart.',
    ),
    maxEvents: directive(one(whole(1, 10_000_000)), '100000', 'Events held at most.', '1000000'),
    whenFull: directive(
      one(choice('drop_oldest', 'refuse_clients')),
      'drop_oldest',
      'What gives way when that many are held, or the disk is full: the oldest event, or clients that would cause new ones.',
      'refuse_clients',
    ),
    maxAgeMs: directive(
      one(seconds(1, 31_536_000)),
      '86400',
      'Age at which an event that no backend has taken is given up.',
      '3600',
      { unit: 'seconds' },
    ),
    retryMinMs: directive(
      one(whole(1, 3_600_000)),
      '1000',
      'Time to the first repetition, doubled each time.',
      '500',
      { unit: 'milliseconds' },
    ),
    retryMaxMs: directive(
      one(whole(1, 86_400_000)),
      '60000',
      'Longest time between two repetitions.',
      '300000',
      { unit: 'milliseconds' },
    ),
  },
});
