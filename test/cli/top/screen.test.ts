import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { expect, onTestFinished, test } from 'vitest';
import { Screen } from '../../../src/cli/top/command.ts';

/** A terminal of `rows` lines, and what was written to it. */
function terminal(rows: number) {
  const out = Object.assign(new PassThrough(), { rows });
  let written = '';
  out.setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const raw: boolean[] = [];
  const keys = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(mode: boolean) {
      raw.push(mode);
      return keys;
    },
  });
  const screen = new Screen(out as unknown as WriteStream, keys as unknown as ReadStream);
  onTestFinished(() => screen.close());
  const taken = () => {
    const text = written;
    written = '';
    return text;
  };
  return { screen, out, keys, raw, taken };
}

test('a screen shows as many lines as there is room for, again when the terminal changes its size', () => {
  const { screen, out, taken } = terminal(2);
  taken();
  screen.show(['one', 'two', 'three']);
  expect(taken()).toBe('\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
  out.rows = 3;
  out.emit('resize');
  expect(taken()).toContain('three');
});

test.each(['q', '\x03'])('a screen is left with the key %j, and the terminal is as it was', async (key) => {
  const { screen, keys, raw, taken } = terminal(2);
  expect(taken()).toContain('\x1b[?1049h');
  keys.write('x');
  keys.write(key);
  await screen.left;
  screen.close();
  expect(taken()).toContain('\x1b[?1049l');
  expect(raw).toEqual([true, false]);
});
