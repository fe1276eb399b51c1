import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLANK, PlaylistTemplate } from '../../../src/http/hls/playlist-template.ts';

const WORD = 'AbCdEfGh-_012345678901';

test('a form has its word in every blank, plain and compressed', () => {
  const part = fc.string({
    maxLength: 60,
    unit: fc.constantFrom('a', '\n', '#EXTINF:2.000,', '.ts?hls_ctx=', 'é'),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 40 }), (parts) => {
      const form = new PlaylistTemplate(parts.join(BLANK), WORD.length);
      const expected = parts.join(WORD);
      expect(form.plain(WORD).toString()).toBe(expected);
      expect(gunzipSync(form.gzip(WORD)).toString()).toBe(expected);
    }),
  );
});

test("readers do not see each other's words", () => {
  const form = new PlaylistTemplate(`a${BLANK}b`, 1);
  const [one, two] = [form.gzip('1'), form.gzip('2')];
  expect([gunzipSync(one).toString(), gunzipSync(two).toString()]).toEqual(['a1b', 'a2b']);
});

test('a playlist is smaller compressed', () => {
  const text = Array.from({ length: 30 }, (_, i) => `#EXTINF:2.000,\ncam-${i}.ts?hls_ctx=${BLANK}\n`).join(
    '',
  );
  const form = new PlaylistTemplate(text, WORD.length);
  expect(form.gzip(WORD).length).toBeLessThan(form.plain(WORD).length * 0.75);
});

test('a word of another length does not fit', () => {
  expect(() => new PlaylistTemplate(`a${BLANK}`, 3).plain('four')).toThrow(
    'a word of 3 characters fits here',
  );
});
