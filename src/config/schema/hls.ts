import type { HlsOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, innerTemplate, maybe, one, onOff, pathTemplate, ratio, seconds, whole } from './values.ts';

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
export const HLS: BlockSpec<HlsValues> = {
  path: ['vhost', 'hls'],
  doc: 'HTTP Live Streaming: each stream of this vhost cut into segments, with a playlist that every browser and phone plays. Served by http_server; docs/hls.md explains it.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On cuts every stream of this vhost into segments.',
      example: 'on',
    },
    format: {
      name: 'hls_format',
      takes: 'one value',
      read: maybe(choice('ts', 'fmp4')),
      fallback: '',
      doc: 'Container of the segments: ts (MPEG-TS: H.264 and H.265 with AAC or MP3) or fmp4 (fragmented MP4: AV1, VP9 and Opus too). Without it ts, or fmp4 where hls_use_fmp4 is on. Gatecast only.',
      example: 'fmp4',
    },
    useFmp4: {
      name: 'hls_use_fmp4',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On is the same as "hls_format fmp4".',
      example: 'on',
    },
    storage: {
      name: 'hls_storage',
      takes: 'one value',
      read: one(choice('disk', 'memory')),
      fallback: 'disk',
      doc: 'Where playlists and segments are: disk writes them as files under hls_path, memory writes nothing. Gatecast only.',
      example: 'memory',
    },
    fragmentMs: {
      name: 'hls_fragment',
      takes: 'one value',
      read: one(seconds(0.5, 60)),
      fallback: '10',
      unit: 'seconds',
      doc: 'Length of a segment. It ends at the first keyframe after this time, so it cannot be shorter than the keyframe interval of the encoder; sound alone is cut at this time.',
      example: '2',
    },
    windowMs: {
      name: 'hls_window',
      takes: 'one value',
      read: one(seconds(1, 86_400)),
      fallback: '60',
      unit: 'seconds',
      doc: 'How much of the stream the playlist lists.',
      example: '30',
    },
    path: {
      name: 'hls_path',
      path: 'serve',
      takes: 'one value',
      read: one(pathTemplate(['vhost'], [])),
      fallback: './objs/nginx/html',
      doc: 'Directory under which the files are written; may hold [vhost].',
      example: '/var/lib/gatecast/hls',
    },
    m3u8File: {
      name: 'hls_m3u8_file',
      takes: 'one value',
      read: one(innerTemplate(M3U8, ['app', 'stream'])),
      fallback: '[app]/[stream].m3u8',
      doc: 'Name of the playlist under hls_path, and its path in a URL. May hold [vhost], [app] and [stream].',
      example: '[app]/[stream]/index.m3u8',
    },
    tsFile: {
      name: 'hls_ts_file',
      takes: 'one value',
      read: one(innerTemplate(SEGMENT, ['stream', 'seq'])),
      fallback: '[app]/[stream]-[seq].ts',
      doc: 'Name of an MPEG-TS segment. May hold [vhost], [app], [stream], [seq], [duration] and [timestamp] (milliseconds), and the time as [2006][01][02][15][04][05][999].',
      example: '[app]/[stream]/[2006]-[01]-[02]/[seq].ts',
    },
    fmp4File: {
      name: 'hls_fmp4_file',
      takes: 'one value',
      read: one(innerTemplate(SEGMENT, ['stream', 'seq'])),
      fallback: '[app]/[stream]-[seq].m4s',
      doc: 'Name of a segment of fragmented MP4, with the same words as hls_ts_file.',
      example: '[app]/[stream]/[seq].m4s',
    },
    initFile: {
      name: 'hls_init_file',
      takes: 'one value',
      read: one(innerTemplate(SEGMENT, ['stream'])),
      fallback: '[app]/[stream]-init-[seq].mp4',
      doc: 'Name of the part that every segment of fragmented MP4 needs first. A name without [seq] gets it before its extension: an encoder may change its settings while players need the old ones still.',
      example: '[app]/[stream]/init-[seq].mp4',
    },
    cleanup: {
      name: 'hls_cleanup',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off keeps the files of segments that have left the playlist.',
      example: 'off',
    },
    disposeMs: {
      name: 'hls_dispose',
      takes: 'one value',
      read: one(seconds(0, 86_400)),
      fallback: '120',
      unit: 'seconds',
      doc: 'Time after the end of a stream until its playlist and segments are removed; 0 never does, and keeps the files when the server stops.',
      example: '30',
    },
    waitKeyframe: {
      name: 'hls_wait_keyframe',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off cuts a segment when its time is over, keyframe or not.',
      example: 'off',
    },
    tdRatio: {
      name: 'hls_td_ratio',
      takes: 'one value',
      read: one(ratio()),
      fallback: '1',
      doc: 'The target duration that players are told is at least hls_fragment times this.',
      example: '1.5',
    },
    aofRatio: {
      name: 'hls_aof_ratio',
      takes: 'one value',
      read: one(ratio()),
      fallback: '2.1',
      doc: 'A segment in which no keyframe comes is cut anyway at hls_fragment times this, but not under 20 seconds.',
      example: '3',
    },
    ctx: {
      name: 'hls_ctx',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Makes every viewer a session, with on_play, on_stop and an id in its URLs. Off serves plain files to everybody; a vhost that asks somebody about its players refuses to start with it.',
      example: 'off',
    },
    tsCtx: {
      name: 'hls_ts_ctx',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Puts the id of the session into the URLs of segments too, so that nobody gets one without. Off lets a cache share the segments of all viewers.',
      example: 'off',
    },
    nbNotify: {
      name: 'hls_nb_notify',
      takes: 'one value',
      read: one(whole(0, 65_536)),
      fallback: '64',
      unit: 'bytes',
      doc: 'Most of an answer to on_hls_notify that is read.',
      example: '0',
    },
  },
};
