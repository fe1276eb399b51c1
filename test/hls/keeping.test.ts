import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { toMediaPackets } from '../support/media-packets.ts';
import { picture } from '../support/picture.ts';
import { segmented, urisOf } from '../support/segmented.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** Sound of so many seconds. */
const sound = (seconds: number, from = 0) =>
  toMediaPackets([
    picture.audioHeader(),
    ...Array.from({ length: seconds * 25 + 1 }, (_, i) => picture.sound(from + i * 40)),
  ]);

describe('on the disk', () => {
  test('there is what the playlist lists, and what slow viewers may need still', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root, fragmentMs: 1000, windowMs: 3000 });
    server.publish('cam', sound(20));
    const playlist = await server.playlist('cam', 20);
    const listed = urisOf(playlist.text('') ?? '');
    expect(listed.length).toBeLessThanOrEqual(4);
    // What is listed no more is removed behind the playlist that no longer lists it.
    const files = await until('the removal of older segments', () => {
      const names = readdirSync(join(root, 'live'));
      return names.length <= listed.length * 2 + 4 && names;
    });
    expect(files).toEqual(expect.arrayContaining([...listed, 'cam.m3u8']));
    await until('the newest playlist on the disk', () =>
      readFileSync(join(root, 'live/cam.m3u8'), 'utf8').includes(playlist.text('') ?? '-'),
    );
  });

  test('what a reload has changed counts from the next publish on, in a playlist of its own', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root, fragmentMs: 1000 });
    server.publish('cam', sound(4));
    const before = await server.playlist('cam', 5);
    server.publish('cam', sound(6), 'a', { fragmentMs: 2000 });
    const after = await server.playlist('cam', 9);
    expect(server.log.map(({ message }) => message)).toEqual(['HLS of stream removed']);
    expect(before.text('')).toBe(undefined);
    const listed = urisOf(after.text('') ?? '');
    expect(listed).toHaveLength(4);
    expect(readFileSync(join(root, 'live/cam.m3u8'), 'utf8')).toContain(after.text(''));
    for (const uri of listed) expect(existsSync(join(root, 'live', uri)), uri).toBe(true);
  });

  test.each([
    ['unpublished', 5_000],
    ['lost', 60_000],
  ] as const)(
    'a stream that is %s has its end in the playlist %d ms later, until it is published again',
    async (how, ms) => {
      const root = stopped(temporaryDirectory()).file('hls');
      const server = await segmented({ storage: 'disk', path: root, fragmentMs: 1000 });
      server.publish('cam', sound(4), 'a', {}, how);
      const playlist = await server.playlist('cam', 5);
      const onDisk = () => readFileSync(join(root, 'live/cam.m3u8'), 'utf8');
      server.clock.advance(ms - 1);
      expect(playlist.text('')).not.toContain('ENDLIST');
      server.clock.advance(1);
      await until('the end on the disk', () => onDisk().includes('#EXT-X-ENDLIST\n'));
      expect(playlist.text('')).toMatch(/#EXT-X-ENDLIST\n$/);
      server.publish('cam', sound(4));
      await server.playlist('cam', 10);
      expect(playlist.text('')).not.toContain('ENDLIST');
      await until('no end on the disk', () => !onDisk().includes('ENDLIST'));
    },
  );

  test('a stream that has ended is removed after hls_dispose', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root, disposeMs: 5000 });
    server.publish('cam', sound(5));
    const playlist = await server.playlist('cam', 3);
    const [uri = ''] = urisOf(playlist.text('') ?? '');
    server.clock.advance(4000);
    expect(existsSync(join(root, 'live', uri))).toBe(true);
    server.clock.advance(1000);
    await until('an empty directory', () => !existsSync(join(root, 'live')));
    expect(server.hls.playlist(playlist.key)).toBe(undefined);
    expect(playlist.text('')).toBe(undefined);
  });

  test('a stream that comes back in time goes on where it was', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root, disposeMs: 5000 });
    server.publish('cam', sound(3));
    await server.playlist('cam', 2);
    server.clock.advance(4000);
    server.publish('cam', sound(3));
    server.clock.advance(4000);
    const text = (await server.playlist('cam', 4)).text('') ?? '';
    const numbers = urisOf(text).map((uri) => Number(/-(\d+)\.ts$/.exec(uri)?.[1]));
    expect(numbers).toEqual(numbers.map((_number, i) => (numbers[0] ?? 0) + i));
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
    expect(text).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:100\n');
  });

  test('a playlist that another process has put in its place stays', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root, disposeMs: 5000 });
    server.publish('cam', sound(5));
    const playlist = await server.playlist('cam', 3);
    const uris = urisOf(playlist.text('') ?? '');
    const theirs = `#EXTM3U\n#GATECAST:PID=${process.ppid}\n`;
    await until('the segments are there', () => uris.every((uri) => existsSync(join(root, 'live', uri))));
    writeFileSync(join(root, 'live/cam.m3u8'), theirs);
    server.clock.advance(5000);
    await until('nothing else', () => readdirSync(join(root, 'live')).length === 1);
    expect(readFileSync(join(root, 'live/cam.m3u8'), 'utf8')).toBe(theirs);
  });

  test('what a run that is no more has left is removed, and nothing else', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    mkdirSync(join(root, 'live'), { recursive: true });
    const put = (name: string, text: string) => writeFileSync(join(root, name), text);
    const owner = (pid: number) => `#GATECAST:PID=${pid}\n#GATECAST-KEPT:old-0.ts\n`;
    for (const name of ['live/old-0.ts', 'live/old-1.ts', 'live/mine.ts', 'live/theirs-1.ts', 'precious'])
      put(name, '');
    put('live/old.m3u8', `#EXTM3U\n#EXTINF:1,\nold-1.ts\n#EXTINF:1,\n../../precious\n${owner(process.pid)}`);
    put('live/theirs.m3u8', `#EXTM3U\n#EXTINF:1,\ntheirs-1.ts\n${owner(process.ppid)}`);
    put('live/other.m3u8', '#EXTM3U\n#EXTINF:1,\nmine.ts\n');
    await segmented({ storage: 'disk', path: root });
    expect(readdirSync(join(root, 'live')).sort()).toEqual([
      'mine.ts',
      'other.m3u8',
      'theirs-1.ts',
      'theirs.m3u8',
    ]);
    expect(existsSync(join(root, 'precious'))).toBe(true);
  });

  test('a place that cannot be written costs the segments of the stream, with one line in the log', async () => {
    const directory = stopped(temporaryDirectory());
    writeFileSync(directory.file('file'), '');
    const server = await segmented({ storage: 'disk', path: directory.file('file') });
    server.publish('cam', sound(5));
    const line = await until('a line', () =>
      server.log.find(({ message }) => message === 'HLS segments of a stream are left out'),
    );
    expect(line['reason']).toContain('cannot write');
    expect(server.events).toEqual([]);
  });

  test('two vhosts do not write the same playlist', async () => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root });
    server.publish('cam', sound(2));
    server.publish('cam', sound(2), 'b');
    await server.playlist('cam', 1);
    expect(server.log).toContainEqual({
      vhost: 'b',
      app: 'live',
      stream: 'cam',
      reason: 'its playlist would be that of a/live/cam: put [vhost] into hls_path or hls_m3u8_file',
      message: 'stream not segmented',
    });
  });
});

test.each(['.hidden', 'a\\b', 'x'.repeat(300), 'line\nbreak', 'nul\0'])(
  'a stream called %j has no files',
  async (name) => {
    const root = stopped(temporaryDirectory()).file('hls');
    const server = await segmented({ storage: 'disk', path: root });
    server.publish(name, sound(5));
    expect(server.log).toMatchObject([{ message: 'stream not segmented' }]);
    expect(existsSync(root)).toBe(false);
  },
);

test('a name with signs that URLs treat in their own way is one name all the same', async () => {
  const server = await segmented();
  server.publish('a b?#"%2e', sound(3));
  const [uri = ''] = urisOf((await server.playlist('a b?#"%2e', 1)).text('') ?? '');
  expect(uri).toMatch(/^a%20b%3F%23%22%252e-\d+\.ts$/);
});

test('each segment is told of, with its files', async () => {
  const server = await segmented({ path: '/var/hls' });
  server.publish('cam', sound(4));
  await server.playlist('cam', 2);
  const [event] = server.events;
  const seq = event?.segment?.seqNo;
  expect(event).toMatchObject({
    action: 'on_hls',
    vhost: 'a',
    app: 'live',
    stream: 'cam',
    client: { id: 'publisher' },
    segment: {
      cwd: process.cwd(),
      file: `/var/hls/live/cam-${seq}.ts`,
      url: `live/cam-${seq}.ts`,
      m3u8: '/var/hls/live/cam.m3u8',
      m3u8Url: 'live/cam.m3u8',
      durationMs: 1920,
    },
  });
});

test('a jump of the time breaks the stream in two', async () => {
  const server = await segmented();
  server.publish('cam', [...sound(2), ...sound(2, 60_000).slice(1)]);
  const text = (await server.playlist('cam', 3)).text('') ?? '';
  expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
  expect(text).toContain('#EXT-X-TARGETDURATION:2\n');
});
