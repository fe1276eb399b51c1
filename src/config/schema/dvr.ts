import { z } from 'zod';
import type { DvrOptions } from '../../model/options.ts';
import { parseRecordingPath, type RecordingPath } from '../../model/path-template.ts';
import { quote } from '../report.ts';
import { type BlockSpec, block, directive, type Read } from './spec.ts';
import { type Check, choice, enabled, many, one, onOff, reader, seconds } from './values.ts';

/** Directives of `dvr { … }`. */
export interface DvrValues extends Omit<DvrOptions, 'plan' | 'apply'> {
  /** `append` is a plan of SRS 1 and 2. */
  readonly plan: DvrOptions['plan'] | 'append';
  readonly apply: readonly string[];
}

const DEFAULT_PATH = './objs/recordings/[app]/[stream].[timestamp].flv';
const LONGEST_PATH = 4000;

/** Directives of `dvr { … }`. */
export const DVR: BlockSpec<DvrValues> = block({
  path: ['vhost', 'dvr'],
  prefix: 'dvr_',
  doc: 'Records what is published, to FLV or fragmented MP4; docs/recording.md has the rest. What is set here counts for publishes that begin later.',
  directives: {
    enabled: enabled('off', 'Off records nothing of this vhost, whatever a backend says.'),
    paths: directive(
      many(recordingPath()),
      DEFAULT_PATH,
      'File of a recording; the extension, .flv or .mp4, says how it is written, and a path without one is a directory that gets [stream].[timestamp].flv. Variables: [vhost] [app] [stream], [timestamp] (Unix milliseconds), and of the local time at which the file begins [2006] year, [01] month, [02] day, [15] hour, [04] minute, [05] second, [999] millisecond. Several paths record a stream several times; SRS has one.',
      '/data/[vhost]/[app]/[stream]/[2006]-[01]-[02]/[15].[04].[05].[999].flv',
      { name: 'dvr_path', path: 'serve' },
    ),
    plan: directive(
      one(choice('session', 'segment', 'append')),
      'session',
      'session: a file for each publish. segment: a new file every dvr_duration. (append of SRS 1 is taken as session.)',
      'segment',
    ),
    durationMs: directive(
      one(seconds(1, 86_400)),
      '30',
      'Shortest length of a segment: it ends at the first place where the next one can begin.',
      '3600',
      { unit: 'seconds' },
    ),
    waitKeyframe: onOff(
      'on',
      'On lets a segment begin at a keyframe of the video, if there is video, so that each plays by itself. An MP4 does so in any case.',
    ),
    apply: directive(
      applied(),
      'all',
      'Streams that are recorded: all, or each as app/stream, or none (Gatecast only) but those of which a backend says "record".',
      'live/livestream live/cam',
    ),
  },
});

function recordingPath(): Check<RecordingPath> {
  return z.string().transform((word, { issues }) => {
    const path =
      word.length > LONGEST_PATH || /\p{Cc}/u.test(word)
        ? `has ${word.length} characters, expected up to ${LONGEST_PATH}, all of them printable`
        : parseRecordingPath(word);
    if (typeof path !== 'string') return path;
    issues.push({ code: 'custom', message: path, input: word });
    return z.NEVER;
  }) as Check<RecordingPath>;
}

function applied(): Read<readonly string[]> {
  return reader(
    'one or more values',
    z
      .array(z.string())
      .readonly()
      .transform((words, { issues }) => {
        for (const [index, word] of words.entries()) {
          const alone = word === 'all' || word === 'none';
          if (alone ? words.length === 1 : /^[^/].*\/[^/]+$/.test(word)) continue;
          const message = alone
            ? `has ${word} beside streams, expected it alone`
            : `names ${quote(word)}, expected all, none, or streams such as live/livestream`;
          issues.push({ code: 'custom', path: [index], message, input: words });
        }
        return words;
      }),
  );
}
