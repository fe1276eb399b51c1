import { describe, expect, test } from 'vitest';
import { readDiagnostic } from '../../src/console/config/diagnostic-line.ts';
import { formatBytes, formatMs, formatRate, plural } from '../../src/console/format/amounts.ts';
import { describeAudio, describeVideo, formatFps, formatSize } from '../../src/console/format/media.ts';
import { formatDuration } from '../../src/console/format/times.ts';
import { describeBackend, verdictSentence } from '../../src/console/format/verdict.ts';
import { prettyBody } from '../../src/console/hooks/pretty-body.ts';
import { timingParts } from '../../src/console/hooks/timing-parts.ts';
import { backoffMs } from '../../src/console/live/backoff.ts';
import { serverField } from '../../src/console/streams/server-field.ts';
import { DELIVERY } from './delivery.ts';

describe('what the console says', () => {
  test.each([
    [formatRate(812.4), '812 kbit/s'],
    [formatRate(4237), '4.2 Mbit/s'],
    [formatRate(118_000), '118 Mbit/s'],
    [formatBytes(0), '0 B'],
    [formatBytes(999_600), '1 MB'],
    [formatBytes(14_230_000), '14.2 MB'],
    [formatMs(0.4213), '0.42 ms'],
    [formatMs(12.34), '12.3 ms'],
    [formatMs(2400), '2.4 s'],
    [formatDuration(8900), '8 s'],
    [formatDuration(252_000), '4 min 12 s'],
    [formatDuration(7_500_000), '2 h 5 min'],
    [formatDuration(273_600_000), '3 d 4 h'],
    [plural(1, 'viewer'), '1 viewer'],
    [plural(1204, 'delivery', 'deliveries'), '1,204 deliveries'],
  ])('is %s', (said, wanted) => {
    expect(said).toBe(wanted);
  });

  test('of video and audio is what is known of them', () => {
    const video = {
      codec: 'H264',
      profile: 'High',
      level: '4.1',
      width: 1920,
      height: 1080,
      fps: 59.94,
      gopMs: 0,
    };
    expect([describeVideo(video), formatSize(video), formatFps(video)]).toEqual([
      'H.264 High 4.1',
      '1920×1080',
      '59.9 fps',
    ]);
    const early = { ...video, profile: '', level: '', width: 0, height: 0, fps: 0 };
    expect([describeVideo(early), formatSize(early), formatFps(early)]).toEqual(['H.264', '', '']);
    expect(describeAudio({ codec: 'AAC', sampleRate: 44100, channels: 2, profile: 'LC' })).toBe(
      'AAC 44.1 kHz stereo',
    );
    expect([describeVideo(null), describeAudio(null)]).toEqual(['no video', 'no audio']);
  });
});

const nothing = { allowed: 0, refused: 0, failed: 0, skipped: 0 };
test.each([
  ['closed', nothing, 'not asked yet'],
  ['closed', { ...nothing, skipped: 3 }, 'not asked yet'],
  ['closed', { ...nothing, failed: 3 }, 'no answer yet'],
  ['closed', { ...nothing, refused: 1, failed: 3 }, 'answering'],
  ['open', nothing, 'left alone'],
  ['half_open', { ...nothing, allowed: 1 }, 'on trial'],
] as const)('a backend whose breaker is %s, with %o, is called "%s"', (breaker, outcomes, word) => {
  expect(describeBackend({ breaker, outcomes, reachable: true }).word).toBe(word);
  expect(describeBackend({ breaker, outcomes, reachable: false }).word).toBe('unreachable');
});

const URL = 'http://127.0.0.1:8085/streams';
test.each([
  ['on_publish', 'allowed', '', 'The backend said yes, with status 200.'],
  ['on_close', 'allowed', '', 'The backend has taken the event.'],
  [
    'on_play',
    'refused',
    'code 1403: too late',
    'The backend refused: code 1403: too late. The client was turned away.',
  ],
  [
    'on_play',
    'failed',
    `The backend ${URL} did not answer within 3 s.`,
    'No answer that counts: the backend did not answer within 3 s. The client was turned away.',
  ],
  ['on_close', 'failed', 'status 500', 'It did not arrive: status 500. It will be sent again.'],
  [
    'on_close',
    'skipped',
    `The backend ${URL} is left alone.`,
    'Nothing was sent: the backend is left alone.',
  ],
] as const)('of %s that was %s because of "%s" it is said: %s', (action, outcome, why, sentence) => {
  const response = { status: 200, headers: [], body: '0' };
  expect(verdictSentence({ ...DELIVERY, action, outcome, why, url: URL, response })).toBe(sentence);
});

test('an encoder is sent to the host that the browser came to', () => {
  const rtmp = { protocol: 'rtmp', host: '0.0.0.0', port: 1935 } as const;
  expect(serverField([rtmp], 'media.example.com')).toBe('rtmp://media.example.com/live');
  expect(serverField([{ ...rtmp, port: 19350 }], '127.0.0.1')).toBe('rtmp://127.0.0.1:19350/live');
  expect(serverField([{ ...rtmp, protocol: 'rtmps', port: 443 }], 'localhost')).toBe(
    'rtmps://localhost/live',
  );
});

test('a diagnostic is taken apart into its place and its sentence', () => {
  expect(readDiagnostic('/etc/gate:cast.conf:12:5: There is no directive "x".')).toEqual({
    line: 12,
    column: 5,
    sentence: 'There is no directive "x".',
  });
  expect(readDiagnostic('workers stays 2')).toEqual({
    line: undefined,
    column: undefined,
    sentence: 'workers stays 2',
  });
});

test('a body is shown as it is read best', () => {
  expect(prettyBody('{"code":0}')).toEqual({ text: '{\n  "code": 0\n}', json: true });
  expect(prettyBody('{"code":0, cut o')).toEqual({ text: '{"code":0, cut o', json: true });
  expect(prettyBody('call=publish&name=cam%201')).toEqual({
    text: 'call = publish\nname = cam 1',
    json: false,
  });
  expect(prettyBody('0')).toEqual({ text: '0', json: false });
});

test('the parts of a delivery’s time add up', () => {
  const parts = timingParts({ queueMs: 1, connectMs: 0, firstByteMs: 3, totalMs: 5 });
  expect(parts.map(({ kind, ms }) => [kind, ms])).toEqual([
    ['queue', 1],
    ['connect', 0],
    ['wait', 3],
    ['rest', 1],
  ]);
  const unanswered = timingParts({ queueMs: 1, connectMs: undefined, firstByteMs: undefined, totalMs: 3000 });
  expect(unanswered.map(({ kind, ms }) => [kind, ms])).toEqual([
    ['queue', 1],
    ['rest', 2999],
  ]);
});

test('a lost connection is tried again soon, and then less and less often', () => {
  expect([backoffMs(0, 0), backoffMs(0, 1), backoffMs(3, 1), backoffMs(40, 1)]).toEqual([
    250, 500, 4000, 15_000,
  ]);
});
