import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fillRecordingPath,
  isFilePath,
  parseRecordingPath,
  type RecordingPath,
} from '../../src/model/path-template.ts';

const KEY = { vhost: 'v.example', app: 'live', stream: 'cam' };
/** The ninth of March 2026, 07:05:03.042, in whatever zone the test runs. */
const AT = new Date(2026, 2, 9, 7, 5, 3, 42);

const pathOf = (text: string) => parseRecordingPath(text) as RecordingPath;
const fill = (text: string, key: Partial<typeof KEY> = {}) =>
  fillRecordingPath(pathOf(text), { ...KEY, ...key }, AT);

test.each([
  ['/d/[vhost]/[app]/[stream].flv', '/d/v.example/live/cam.flv'],
  ['/d/[2006]-[01]-[02]/[15].[04].[05].[999].mp4', '/d/2026-03-09/07.05.03.042.mp4'],
  ['./x/[stream].[timestamp].flv', `./x/cam.${AT.getTime()}.flv`],
  ['[stream][stream].flv', 'camcam.flv'],
])('%s becomes %s', (template, file) => {
  expect(fill(template)).toEqual({ ok: true, file });
});

test.each([
  ['/data', '/data/[stream].[timestamp].flv', 'flv'],
  ['/data/[app]/', '/data/[app]/[stream].[timestamp].flv', 'flv'],
  ['/data/x.flv', '/data/x.flv', 'flv'],
  ['/data/x.mp4', '/data/x.mp4', 'mp4'],
  ['/data/.flv', '/data/.flv/[stream].[timestamp].flv', 'flv'],
])('%s is the path %s, container %s', (text, template, container) => {
  expect(parseRecordingPath(text)).toEqual({ template, container });
});

test.each(['[streem]', '[]', '[2007]', '[constructor]', '[Stream]'])('%s is no variable', (variable) => {
  expect(parseRecordingPath(`/data/${variable}.flv`)).toContain(`has ${variable}, expected one of [vhost]`);
});

describe('what a client calls its stream never leads out of the directory', () => {
  test.each([
    [{ stream: '..' }],
    [{ stream: '.' }],
    [{ stream: '' }],
    [{ stream: '../../etc/passwd' }],
    [{ stream: 'a/b' }],
    [{ stream: '..\\x' }],
    [{ stream: 'a\0b' }],
    [{ stream: 'a\nb' }],
    [{ stream: 'x'.repeat(256) }],
    [{ stream: 'ä'.repeat(128) }],
    [{ app: '..' }],
    [{ app: 'a/../b' }],
    [{ app: '/abs' }],
    [{ app: 'a//b' }],
    [{ app: 'a/.git' }],
    [{ app: '.ssh' }],
    [{ vhost: '.v' }],
    [{ stream: 'a\u202ebmp4' }],
    [{ stream: 'a\u200bb' }],
    [{ stream: 'a\ud800' }],
    [{ stream: 'x'.repeat(197) }],
    [{ vhost: '../x' }],
  ])('%j is refused', (key) => {
    const filled = fill('/d/[vhost]/[app]/x[stream].flv', key);
    expect(filled).toMatchObject({
      ok: false,
      message: expect.stringContaining("cannot be part of a file's path"),
    });
  });

  test('an app of several levels is as many directories', () => {
    expect(fill('/d/[app]/[stream].flv', { app: 'a/b' })).toEqual({ ok: true, file: '/d/a/b/cam.flv' });
  });

  test.each(['/d/[stream].flv', '/d/[stream]/x.flv', '/d/[stream][app].mp4'])(
    'a name that would be hidden is refused: %s',
    (template) => expect(fill(template, { stream: '.cam' }).ok).toBe(false),
  );

  test('a name with a dot in front is no trouble behind something else, nor is a dot of the template', () => {
    expect(fill('/d/x-[stream].flv', { stream: '.cam' })).toEqual({ ok: true, file: '/d/x-.cam.flv' });
    expect(fill('/d/.rec/.[stream].flv')).toEqual({ ok: true, file: '/d/.rec/.cam.flv' });
    expect(fill('/d/.[app]/x.flv', { app: 'a/.b' }).ok).toBe(false);
  });

  test('the directory of the template is no part of what is bounded below it', () => {
    const root = `/${'r'.repeat(100)}`.repeat(15);
    expect(fill(`${root}/[stream].flv`)).toEqual({ ok: true, file: `${root}/cam.flv` });
    const app = Array.from({ length: 7 }, () => 'y'.repeat(150)).join('/');
    expect(fill('/d/[app]/[stream].flv', { app }).ok).toBe(false);
  });

  test.each(['..', '.', '', '.hidden', 'a\u202eb', 'a\u0000', 'a\\b', 'x'.repeat(201), 'cam', 'ä b', 'a.b'])(
    'a file of a recording may be called %j if one of HLS may',
    (stream) => {
      expect(fill('/d/[stream]/x.flv', { stream }).ok).toBe(isFilePath(stream));
    },
  );

  test('a path that would be too long is refused', () => {
    const app = Array.from({ length: 30 }, () => 'y'.repeat(200)).join('/');
    expect(fill('/d/[app]/[stream].flv', { app }).ok).toBe(false);
  });

  test('whatever it is', () => {
    const name = fc.string({
      unit: fc.constantFrom('.', '/', '\\', 'a', '\0', ' ', '[stream]', '%2e'),
      maxLength: 8,
    });
    const templates = [
      '/d/[app]/[stream].flv',
      '/d/.[stream]/[app].mp4',
      '/d/[stream].[app]/.[vhost][stream]/x.flv',
    ];
    fc.assert(
      fc.property(name, name, name, fc.constantFrom(...templates), (vhost, app, stream, template) => {
        const filled = fill(template, { vhost, app, stream });
        if (!filled.ok) return;
        expect(resolve(filled.file)).toBe(join(filled.file));
        expect(resolve(filled.file).startsWith(`/d${sep}`)).toBe(true);
        expect(filled.file.split('/').length).toBeLessThan(20);
      }),
    );
  });
});
