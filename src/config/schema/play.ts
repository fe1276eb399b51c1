import type { PlayOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { choice, one, onOff, seconds, whole, wordOr } from './values.ts';

/** `min_latency` stands in the vhost itself. */
export type PlayValues = Omit<PlayOptions, 'minLatency'>;

const MW_LATENCY_MAX = 60_000;
const WAIT_MAX_S = 86_400;

const waitOrNever = wordOr('never', seconds(0, WAIT_MAX_S), `a number of seconds from 0 to ${WAIT_MAX_S}`);

/** Directives of `play { … }`. */
export const PLAY: BlockSpec<PlayValues> = block({
  path: ['vhost', 'play'],
  doc: 'How streams of this vhost are given to players.',
  directives: {
    gopCache: onOff(
      'on',
      'Keeps each stream since its last keyframe, so that a new player has a picture at once.',
    ),
    gopCacheMaxFrames: directive(
      one(whole(0, 1_000_000)),
      '2500',
      'A cache with more frames than this is emptied until the next keyframe; 0 sets no bound.',
      '1000',
      { unit: 'frames' },
    ),
    queueLengthMs: directive(
      one(seconds(1, 3600)),
      '30',
      'How far a player may fall behind before media is skipped for it.',
      '10',
      { unit: 'seconds' },
    ),
    mwLatency: directive(
      one(wordOr('auto', whole(0, MW_LATENCY_MAX), `a whole number from 0 to ${MW_LATENCY_MAX}`)),
      'auto',
      'Media is gathered for this long and then written to the players. auto writes at once while that is cheap and gathers for longer under load. SRS has 350.',
      '350',
      { unit: 'milliseconds' },
    ),
    timeJitter: directive(
      one(choice('full', 'zero', 'off')),
      'full',
      'Time stamps of a stream: full goes on where the last publisher of the stream ended, zero starts each publish at 0, off leaves them as they were sent.',
      'zero',
    ),
    unpublishWaitMs: directive(
      one(waitOrNever),
      '5',
      'When a publisher has unpublished (FCUnpublish, deleteStream), its players wait this long for the next one. Then they are told that the stream is over and closed, and its HLS playlist gets its end. never lets them wait for as long as they like. Gatecast only.',
      '30',
      { unit: 'seconds' },
    ),
    publisherLostWaitMs: directive(
      one(waitOrNever),
      '60',
      'The same when the publisher went without a word: its connection broke, or it was closed for silence or by an operator. Encoders come back from that. Gatecast only.',
      'never',
      { unit: 'seconds' },
    ),
  },
});
