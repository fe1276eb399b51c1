import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  isForEverybody,
  MAX_PRIVATE_LIST_BYTES,
  type MediaWriter,
  markPrivate,
  PRIVATE_LIST,
  splitTemplate,
} from '../../src/model/private-files.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A directory, and what is done in it. */
function shelf() {
  const { path: root, file } = stopped(temporaryDirectory());
  const put = (name: string, text = 'x') => {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), text);
  };
  return {
    root,
    file,
    put,
    /** Marks as whoever writes by this template does, below a directory of the shelf. */
    mark: (template: string, writer: MediaWriter = 'hls', under = '', name = 'live/cam') =>
      markPrivate({ writer, root: join(root, under), templates: [template] }, join(root, under, name)),
    /** Puts files there, and says of which everybody may have them. */
    async served(names: readonly string[], except?: MediaWriter): Promise<string[]> {
      const free: string[] = [];
      for (const name of names) {
        if (!existsSync(file(name))) put(name);
        if (await isForEverybody(file(name), except)) free.push(name);
      }
      return free;
    },
  };
}

describe('files that were written by a template', () => {
  test.each([
    [
      '[app]/[stream]-[seq].ts',
      ['live/cam-17.ts', 'live/a/cam-b-17.ts', 'live/cam-17.ts.tmp', 'LIVE/CAM-17.TS'],
    ],
    ['[app]/[stream]/[2006]-[01]-[02]/[seq].ts', ['live/cam/2026-01-02/3.ts']],
    ['[vhost]/[app]/[stream].m3u8', ['a.example/live/cam.m3u8', 'a.example/live/b/cam.m3u8']],
    [
      '[app]/[stream].[timestamp].flv',
      ['live/cam.1790000000000.flv', 'live/cam.1790000000000.2.flv', 'live/cam.17.flv.tmp'],
    ],
    ['all.flv', ['all.flv', 'all.2.flv', 'all.flv.tmp']],
  ])('as %s are not for everybody', async (template, names) => {
    const { mark, served } = shelf();
    await mark(template);
    expect(await served(names)).toEqual([]);
  });

  test.each([
    [
      '[app]/[stream]-[seq].ts',
      ['live/page.html', 'live/cam-x.ts', 'live/cam-1.m4s', 'cam-1.ts', 'live/cam-1.ts.bak'],
    ],
    ['[vhost]/[app]/[stream].m3u8', ['live/cam.m3u8']],
    ['all.flv', ['overall.flv', 'all.mp4', 'sub/all.flv', 'all_flv']],
  ])('leave what is not called %s as it was', async (template, names) => {
    const { mark, served } = shelf();
    await mark(template);
    expect(await served(names)).toEqual(names);
  });

  test('are kept back from whichever directory somebody begins to serve', async () => {
    const { mark, served, put, file } = shelf();
    await mark('[app]/[stream].m3u8', 'hls', 'html');
    put('html/live/cam.m3u8');
    symlinkSync(file('html/live'), file('elsewhere'));
    symlinkSync(file('html/live/cam.m3u8'), file('alias'));
    expect(await served(['html/live/cam.m3u8', 'elsewhere/cam.m3u8', 'alias'])).toEqual([]);
  });

  test('are for everybody again where they are moved to', async () => {
    const { mark, served, put, file } = shelf();
    await mark('[app]/[stream].flv', 'recording', 'recordings');
    put('recordings/live/cam.flv');
    mkdirSync(file('html'));
    renameSync(file('recordings/live/cam.flv'), file('html/cam.flv'));
    expect(await served(['html/cam.flv'])).toEqual(['html/cam.flv']);
  });

  test('may be recordings that are served on purpose, which no segment is', async () => {
    const { mark, served } = shelf();
    await mark('[app]/[stream].[timestamp].flv', 'recording');
    await mark('[app]/[stream]-[seq].ts', 'hls');
    expect(await served(['live/cam.17.flv', 'live/cam-17.ts'], 'recording')).toEqual(['live/cam.17.flv']);
  });
});

describe('the list', () => {
  test('keeps what it has, and has nothing twice', async () => {
    const { mark, file } = shelf();
    for (const template of ['[app]/a.ts', '[app]/b.ts', '[app]/a.ts']) await mark(template);
    const text = readFileSync(file(PRIVATE_LIST), 'utf8');
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'hls [app]/a.ts',
      'hls [app]/b.ts',
    ]);
  });

  test('loses nothing to several that write it at once', async () => {
    const { mark, served } = shelf();
    const names = Array.from({ length: 20 }, (_, i) => `live/${i}.ts`);
    await Promise.all(names.map((_, i) => mark(`[app]/${i}.ts`)));
    expect(await served(names)).toEqual([]);
  });

  test('goes on behind a line that a full disk has cut off', async () => {
    const { mark, served, file, put } = shelf();
    put(PRIVATE_LIST, 'hls [app]/[str');
    await mark('[app]/[stream].ts');
    expect(readFileSync(file(PRIVATE_LIST), 'utf8')).toContain('\nhls [app]/[stream].ts\n');
    expect(await served(['live/cam.ts'])).toEqual([]);
  });

  test('that is too long or cannot be read keeps everything back', async () => {
    const { served, put, file } = shelf();
    put(`long/${PRIVATE_LIST}`, '\n'.repeat(MAX_PRIVATE_LIST_BYTES + 1));
    mkdirSync(file(`directory/${PRIVATE_LIST}`), { recursive: true });
    expect(await served(['long/page.html', 'directory/page.html', 'page.html'])).toEqual(['page.html']);
  });

  test('is in the directory of the files where the one above may not be written, or where a template leads up', async () => {
    const { mark, served, put, file } = shelf();
    await mark('[app]/../[stream].ts', 'hls', '', 'cam.ts');
    expect(await served(['cam.ts'])).toEqual([]);
    put('root/live/cam.flv');
    chmodSync(file('root'), 0o555);
    // Root may write everywhere.
    const isRoot = process.getuid?.() === 0;
    await mark('[app]/[stream].flv', 'recording', 'root');
    expect(existsSync(file(`root/${PRIVATE_LIST}`))).toBe(isRoot);
    expect(await served(['root/live/cam.flv'])).toEqual([]);
    chmodSync(file('root'), 0o755);
  });
});

test.each([
  ['/data/[app]/[stream].flv', '/data', '[app]/[stream].flv'],
  ['./rec/x-[app].flv', '/srv/rec', 'x-[app].flv'],
  ['[app]/[stream].flv', '/srv', '[app]/[stream].flv'],
  ['/all.flv', '/', 'all.flv'],
])('all that %s makes is under %s', (template, root, rest) => {
  expect(splitTemplate(template, '/srv')).toEqual({ root, rest });
});

test('a file that is not there is nobody’s', async () => {
  const { file } = shelf();
  expect(await isForEverybody(file('none'))).toBe(false);
});
