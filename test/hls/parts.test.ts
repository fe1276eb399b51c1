import { describe, expect, test } from 'vitest';
import {
  type ListedSegment,
  masterPlaylistText,
  mediaPlaylistText,
  numbered,
  relativeUri,
  SegmentList,
  segmentWords,
} from '../../src/hls/playlist.ts';
import { matchPlaylist } from '../../src/http/hls/playlist-path.ts';
import { parseRange } from '../../src/http/hls/responses.ts';
import { fillPath, isFilePath, streamWords } from '../../src/model/path-template.ts';
import { HLS } from '../support/options.ts';

type Piece = ListedSegment & { readonly bytes: number };

const segment = (seq: number, more: Partial<Piece> = {}): Piece => ({
  seq,
  uri: `s-${seq}.ts`,
  durationMs: 2000,
  at: 1_700_000_000_000,
  discontinuitySequence: 3,
  initUri: undefined,
  bytes: 100,
  ...more,
});

describe('a media playlist', () => {
  test('of MPEG-TS', () => {
    const segments = [segment(7), segment(8, { durationMs: 2040 }), segment(9, { discontinuitySequence: 4 })];
    expect(mediaPlaylistText({ targetSeconds: 2, segments }, '?hls_ctx=x')).toBe(
      [
        '#EXTM3U',
        '#EXT-X-VERSION:3',
        '#EXT-X-TARGETDURATION:2',
        '#EXT-X-MEDIA-SEQUENCE:7',
        '#EXT-X-DISCONTINUITY-SEQUENCE:3',
        '#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z',
        '#EXTINF:2.000,',
        's-7.ts?hls_ctx=x',
        '#EXTINF:2.040,',
        's-8.ts?hls_ctx=x',
        '#EXT-X-DISCONTINUITY',
        '#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z',
        '#EXTINF:2.000,',
        's-9.ts?hls_ctx=x',
        '',
      ].join('\n'),
    );
  });

  test('of fragmented MP4 names what comes first when that changes', () => {
    const segments = [
      segment(1, { initUri: 'a.mp4' }),
      segment(2, { initUri: 'a.mp4' }),
      segment(3, { initUri: 'b.mp4' }),
    ];
    const text = mediaPlaylistText({ targetSeconds: 2, segments }, '');
    expect(text).toContain('#EXT-X-VERSION:6\n');
    expect(text.match(/#EXT-X-MAP:URI="[ab]\.mp4"/g)).toEqual([
      '#EXT-X-MAP:URI="a.mp4"',
      '#EXT-X-MAP:URI="b.mp4"',
    ]);
  });
});

test('a master playlist says what a player can make of the stream', () => {
  const variant = {
    bandwidth: 1000.2,
    averageBandwidth: 900,
    codecs: ['avc1.64001f', 'mp4a.40.2'],
    resolution: { width: 1280, height: 720 },
  };
  expect(masterPlaylistText(variant, 'cam.m3u8?hls_ctx=x')).toBe(
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1001,AVERAGE-BANDWIDTH=900,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720\ncam.m3u8?hls_ctx=x\n',
  );
});

describe('the list of segments', () => {
  test('keeps what a playlist that was given out may lead to, as long as it may be in use', () => {
    const list = new SegmentList<Piece>(6000, 2000, 1_700_000_000);
    const gone: number[] = [];
    for (let i = 0; i < 20; i++) gone.push(...list.add(segment(list.next)).map(({ seq }) => seq));
    const listed = list.listed.map(({ seq }) => seq);
    expect(listed).toHaveLength(3);
    expect(list.spare.map(({ seq }) => seq).at(-1)).toBe((listed[0] ?? 0) - 1);
    const spareMs = list.spare.length * 2000;
    expect(spareMs).toBeGreaterThanOrEqual(6000);
    expect([...gone, ...list.spare.map(({ seq }) => seq), ...listed]).toEqual(
      Array.from({ length: 20 }, (_, i) => 1_700_000_000 + i),
    );
  });

  test('the target duration never shrinks, and is never less than a segment', () => {
    const list = new SegmentList<Piece>(4000, 2000, 0);
    expect(list.playlist).toBe(undefined);
    list.add(segment(list.next));
    expect(list.playlist?.targetSeconds).toBe(2);
    list.add(segment(list.next, { durationMs: 8400 }));
    for (let i = 0; i < 5; i++) list.add(segment(list.next));
    expect(list.playlist?.targetSeconds).toBe(8);
  });

  test('begins anew with a segment that does not follow, and keeps those before for a while', () => {
    const list = new SegmentList<Piece>(4000, 2000, 10);
    for (let i = 0; i < 2; i++) list.add(segment(list.next));
    list.add(segment(70));
    expect(list.listed.map(({ seq }) => seq)).toEqual([70]);
    expect(list.spare.map(({ seq }) => seq)).toEqual([10, 11]);
    expect(list.next).toBe(71);
  });
});

describe('paths', () => {
  const key = { vhost: 'v', app: 'live', stream: 'cam' };

  test('hold what stands for their words', () => {
    const words = { ...streamWords(key), ...segmentWords(5, 2001.4, Date.parse('2024-03-02T04:05:06.007')) };
    expect(
      fillPath('./[vhost]/[app]/[stream]/[2006]-[01]-[02]/[15][04][05].[999]-[seq]-[duration].ts', words),
    ).toBe('v/live/cam/2024-03-02/040506.007-5-2001.ts');
    expect(fillPath('[other]', words)).toBe('[other]');
  });

  test('of what segments need first have a number in any case', () => {
    expect(numbered('[app]/[stream]/init.mp4')).toBe('[app]/[stream]/init-[seq].mp4');
    expect(numbered('a.b/[stream]')).toBe('a.b/[stream]-[seq]');
    expect(numbered('[seq].mp4')).toBe('[seq].mp4');
  });

  test.each(['../a', 'a/../b', '/a', 'a//b', '.a', 'a/.b', 'a\0', 'a\\b', 'a\u202eb', `${'x'.repeat(201)}`])(
    '%j is nothing for a disk',
    (path) => expect(isFilePath(path)).toBe(false),
  );

  test.each([
    ['live/cam.m3u8', 'live/cam-1.ts', 'cam-1.ts'],
    ['live/cam/index.m3u8', 'seg/cam-1.ts', '../../seg/cam-1.ts'],
    ['a.m3u8', 'b c.ts', 'b%20c.ts'],
  ])('from %s to %s it is %s', (from, to, uri) => {
    expect(relativeUri(from, to)).toBe(uri);
  });

  test.each([
    ['[app]/[stream].m3u8', 'live/cam.m3u8', { app: 'live', stream: 'cam' }],
    ['[app]/[stream].m3u8', 'live/a/cam.m3u8', { app: 'live/a', stream: 'cam' }],
    ['[app]/[stream].m3u8', 'live/camxm3u8', undefined],
    ['[app]/[stream].m3u8', 'cam.m3u8', undefined],
    ['./[vhost]/[app]/[stream]/[stream].m3u8', 'v/live/cam/cam.m3u8', { app: 'live', stream: 'cam' }],
    ['./[vhost]/[app]/[stream]/[stream].m3u8', 'v/live/cam/other.m3u8', undefined],
    ['./[vhost]/[app]/[stream].m3u8', 'w/live/cam.m3u8', undefined],
  ])('%s in %s', (m3u8File, path, named) => {
    const found = matchPlaylist({ ...HLS, m3u8File }, 'v', path);
    expect(found && { ...found }).toEqual(named);
  });
});

test.each([
  [undefined, undefined],
  ['bytes=-', undefined],
  ['bytes=0-', { start: 0, end: 99 }],
  ['bytes=10-1000', { start: 10, end: 99 }],
  ['bytes=20-10', undefined],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['bytes=-0', 'impossible'],
  ['bytes=100-', 'impossible'],
])('the range %s of 100 bytes', (header, part) => {
  expect(parseRange(header, 100)).toEqual(part);
});
