import type { OutboxOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, one, onOff, seconds, whole } from './values.ts';

/** Directives of `outbox { … }`. */
export const OUTBOX: BlockSpec<OutboxOptions> = {
  path: ['outbox'],
  doc: 'What the server has to tell the backends of http_hooks, kept in state_dir until they have taken it. Gatecast only.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off keeps the events in memory: they are repeated all the same, and end with the process. A change takes a restart.',
      example: 'off',
    },
    maxEvents: {
      name: 'max_events',
      takes: 'one value',
      read: one(whole(1, 10_000_000)),
      fallback: '100000',
      doc: 'Events held at most.',
      example: '1000000',
    },
    whenFull: {
      name: 'when_full',
      takes: 'one value',
      read: one(choice('drop_oldest', 'refuse_clients')),
      fallback: 'drop_oldest',
      doc: 'What gives way when that many are held, or the disk is full: the oldest event, or clients that would cause new ones.',
      example: 'refuse_clients',
    },
    maxAgeMs: {
      name: 'max_age',
      takes: 'one value',
      read: one(seconds(1, 31_536_000)),
      fallback: '86400',
      unit: 'seconds',
      doc: 'Age at which an event that no backend has taken is given up.',
      example: '3600',
    },
    retryMinMs: {
      name: 'retry_min',
      takes: 'one value',
      read: one(whole(1, 3_600_000)),
      fallback: '1000',
      unit: 'milliseconds',
      doc: 'Time to the first repetition, doubled each time.',
      example: '500',
    },
    retryMaxMs: {
      name: 'retry_max',
      takes: 'one value',
      read: one(whole(1, 86_400_000)),
      fallback: '60000',
      unit: 'milliseconds',
      doc: 'Longest time between two repetitions.',
      example: '300000',
    },
  },
};
