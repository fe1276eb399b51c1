import type { HlsOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import {
  choice,
  enabled,
  innerTemplate,
  maybe,
  one,
  onOff,
  pathTemplate,
  ratio,
  seconds,
  whole,
} from './values.ts';

/** Directives of `hls { … }`; `hls_use_fmp4` is SRS's word for a format. */
export interface HlsValues extends Omit<HlsOptions, 'format'> {
  /** Goes to the hooks. */
  readonly nbNotify: number;
  readonly format: HlsOptions['format'] | undefined;
  readonly useFmp4: boolean;
}

const M3U8 = ['vhost', 'app', 'stream'] as const;
const SEGMENT = [
  ...M3U8,
  'seq',
  'duration',
  'timestamp',
  '2006',
  '01',
  '02',
  '15',
  '04',
  '05',
  '999',
] as const;

/** Directives of `hls { … }`. */
export const HLS: BlockSpec<HlsValues> = block({
  path: ['vhost', 'hls'],
  prefix: 'hls_',
  doc: 'HTTP Live Streaming: each stream of this vhost cut into segments, with a playlist that every browser and phone plays. Served by http_server; docs/hls.md explains it.',
  directives: {
    enabled: enabled('off', 'On cuts every stream of this vhost into segments.'),
    format: directive(
      maybe(choice('ts', 'fmp4')),
      '',
      'Container of the segments: ts (MPEG-TS: H.264 and H.265 with AAC or MP3) or fmp4 (fragmented MP4: AV1, VP9 and Opus too). Without it ts, or fmp4 where hls_use_fmp4 is on. Gatecast only.',
      'fmp4',
    ),
    useFmp4: onOff('off', 'On is the same as "hls_format fmp4".'),
    storage: directive(
      one(choice('disk', 'memory')),
      'disk',
      'Where playlists and segments are: disk writes them as files under hls_path, memory writes nothing. Gatecast only.',
      'memory',
    ),
    fragmentMs: directive(
      one(seconds(0.5, 60)),
      '10',
      'Length of a segment. It ends at the first keyframe after this time, so it cannot be shorter than the keyframe interval of the encoder; sound alone is cut at this time.',
      '2',
      { unit: 'seconds' },
    ),
    windowMs: directive(one(seconds(1, 86_400)), '60', 'How much of the stream the playlist lists.', '30', {
      unit: 'seconds',
    }),
    path: directive(
      one(pathTemplate(['vhost'], [])),
      './objs/nginx/html',
      'Directory under which the files are written; may hold [vhost].',
      '/var/lib/gatecast/hls',
      { path: 'serve' },
    ),
    m3u8File: directive(
      one(innerTemplate(M3U8, ['app', 'stream'])),
      '[app]/[stream].m3u8',
      'Name of the playlist under hls_path, and its path in a URL. May hold [vhost], [app] and [stream].',
      '[app]/[stream]/index.m3u8',
    ),
    tsFile: directive(
      one(innerTemplate(SEGMENT, ['stream', 'seq'])),
      '[app]/[stream]-[seq].ts',
      'Name of an MPEG-TS segment. May hold [vhost], [app], [stream], [seq], [duration] and [timestamp] (milliseconds), and the time as [2006][01][02][15][04][05][999].',
      '[app]/[stream]/[2006]-[01]-[02]/[seq].ts',
    ),
    fmp4File: directive(
      one(innerTemplate(SEGMENT, ['stream', 'seq'])),
      '[app]/[stream]-[seq].m4s',
      'Name of a segment of fragmented MP4, with the same words as hls_ts_file.',
      '[app]/[stream]/[seq].m4s',
    ),
    initFile: directive(
      one(innerTemplate(SEGMENT, ['stream'])),
      '[app]/[stream]-init-[seq].mp4',
      'Name of the part that every segment of fragmented MP4 needs first. A name without [seq] gets it before its extension: an encoder may change its settings while players need the old ones still.',
      '[app]/[stream]/init-[seq].mp4',
    ),
    cleanup: onOff('on', 'Off keeps the files of segments that have left the playlist.'),
    disposeMs: directive(
      one(seconds(0, 86_400)),
      '120',
      'Time after the end of a stream until its playlist and segments are removed; 0 never does, and keeps the files when the server stops.',
      '30',
      { unit: 'seconds' },
    ),
    waitKeyframe: onOff('on', 'Off cuts a segment when its time is over, keyframe or not.'),
    tdRatio: directive(
      one(ratio()),
      '1',
      'The target duration that players are told is at least hls_fragment times this.',
      '1.5',
    ),
    aofRatio: directive(
      one(ratio()),
      '2.1',
      'A segment in which no keyframe comes is cut anyway at hls_fragment times this, but not under 20 seconds.',
      '3',
    ),
    ctx: onOff(
      'on',
      'Makes every viewer a session, with on_play, on_stop and an id in its URLs. Off serves plain files to everybody; a vhost that asks somebody about its players refuses to start with it.',
    ),
    tsCtx: onOff(
      'on',
      'Puts the id of the session into the URLs of segments too, so that nobody gets one without. Off lets a cache share the segments of all viewers.',
    ),
    nbNotify: directive(
      one(whole(0, 65_536)),
      '64',
      'Most of an answer to on_hls_notify that is read.',
      '0',
      { unit: 'bytes' },
    ),
  },
});
