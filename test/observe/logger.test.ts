import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger, openLog } from '../../src/observe/logger.ts';

const lines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatecast-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'deep', 'gatecast.log');
}

test('a line is one JSON object with level, time, fields and message', () => {
  let written = '';
  const logger = createLogger('debug', {
    write: (text) => {
      written += text;
    },
  });
  logger.child({ client: 'abcdefgh' }).warn({ ms: 12 }, 'gate refused');
  const [line] = lines(written);
  expect(line).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    client: 'abcdefgh',
    ms: 12,
    msg: 'gate refused',
  });
});

test('lines below the level are left out', () => {
  let written = '';
  const logger = createLogger('warn', {
    write: (text) => {
      written += text;
    },
  });
  logger.info({}, 'unheard');
  logger.debug({}, 'unheard');
  logger.error({ err: new Error('broken') }, 'heard');
  expect(lines(written)).toEqual([
    expect.objectContaining({
      level: 'error',
      msg: 'heard',
      err: expect.objectContaining({ message: 'broken' }),
    }),
  ]);
});

test('a log file is made with its folder, written at once, and opened anew after it was moved', () => {
  const file = temporaryFile();
  const log = openLog({ file, level: 'info' });
  log.logger.info({}, 'before');
  expect(lines(readFileSync(file, 'utf8'))).toMatchObject([{ msg: 'before' }]);
  renameSync(file, `${file}.1`);
  log.reopen();
  log.logger.info({}, 'after');
  expect(lines(readFileSync(`${file}.1`, 'utf8'))).toMatchObject([{ msg: 'before' }]);
  expect(lines(readFileSync(file, 'utf8'))).toMatchObject([{ msg: 'after' }]);
});

test('standard output cannot be opened anew, and asking for it does no harm', () => {
  const log = openLog({ file: undefined, level: 'error' });
  expect(() => log.reopen()).not.toThrow();
});
