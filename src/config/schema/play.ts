import { z } from 'zod';
import type { PlayOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, one, onOff, seconds, whole } from './values.ts';

/** `min_latency` stands in the vhost itself. */
export type PlayValues = Omit<PlayOptions, 'minLatency'>;

const MW_LATENCY_MAX = 60_000;
const WAIT_MAX_S = 86_400;

const waitOrNever = z.union([z.literal('never'), seconds(0, WAIT_MAX_S)], {
  error: ({ input }) =>
    `is ${JSON.stringify(input)}, expected never or a number of seconds from 0 to ${WAIT_MAX_S}`,
}) as z.ZodType<number | 'never', string>;

/** Directives of `play { … }`. */
export const PLAY: BlockSpec<PlayValues> = {
  path: ['vhost', 'play'],
  doc: 'How streams of this vhost are given to players.',
  directives: {
    gopCache: {
      name: 'gop_cache',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Keeps each stream since its last keyframe, so that a new player has a picture at once.',
      example: 'off',
    },
    gopCacheMaxFrames: {
      name: 'gop_cache_max_frames',
      takes: 'one value',
      read: one(whole(0, 1_000_000)),
      fallback: '2500',
      unit: 'frames',
      doc: 'A cache with more frames than this is emptied until the next keyframe; 0 sets no bound.',
      example: '1000',
    },
    queueLengthMs: {
      name: 'queue_length',
      takes: 'one value',
      read: one(seconds(1, 3600)),
      fallback: '30',
      unit: 'seconds',
      doc: 'How far a player may fall behind before media is skipped for it.',
      example: '10',
    },
    mwLatency: {
      name: 'mw_latency',
      takes: 'one value',
      read: one(
        z.union([z.literal('auto'), whole(0, MW_LATENCY_MAX)], {
          error: ({ input }) =>
            `is ${JSON.stringify(input)}, expected auto or a whole number from 0 to ${MW_LATENCY_MAX}`,
        }) as z.ZodType<number | 'auto', string>,
      ),
      fallback: 'auto',
      unit: 'milliseconds',
      doc: 'Media is gathered for this long and then written to the players. auto writes at once while that is cheap and gathers for longer under load. SRS has 350.',
      example: '350',
    },
    timeJitter: {
      name: 'time_jitter',
      takes: 'one value',
      read: one(choice('full', 'zero', 'off')),
      fallback: 'full',
      doc: 'Time stamps of a stream: full goes on where the last publisher of the stream ended, zero starts each publish at 0, off leaves them as they were sent.',
      example: 'zero',
    },
    unpublishWaitMs: {
      name: 'unpublish_wait',
      takes: 'one value',
      read: one(waitOrNever),
      fallback: '5',
      unit: 'seconds',
      doc: 'When a publisher has unpublished (FCUnpublish, deleteStream), its players wait this long for the next one. Then they are told that the stream is over and closed, and its HLS playlist gets its end. never lets them wait for as long as they like. Gatecast only.',
      example: '30',
    },
    publisherLostWaitMs: {
      name: 'publisher_lost_wait',
      takes: 'one value',
      read: one(waitOrNever),
      fallback: '60',
      unit: 'seconds',
      doc: 'The same when the publisher went without a word: its connection broke, or it was closed for silence or by an operator. Encoders come back from that. Gatecast only.',
      example: 'never',
    },
  },
};
