import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { lackForConnections, lackOfOpenFiles } from '../../src/cli/open-files.ts';
import { startChild } from '../support/child.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('a process with enough open files lacks none, whatever it is to hold', () => {
  expect(lackOfOpenFiles(256)).toBeUndefined();
  expect(lackOfOpenFiles(Number.POSITIVE_INFINITY)).toBeUndefined();
  expect(lackForConnections({ maxConnections: 1000 }, 1, 1256)).toBeUndefined();
  expect(lackForConnections({ maxConnections: 1000 }, 4, 506)).toBeUndefined();
});

test('one without them is told how many it needs and may have, and where to raise that', () => {
  expect(lackOfOpenFiles(255)).toBe(
    'gatecast needs at least 256 open files, and the limit is 255: raise it with "ulimit -n", or LimitNOFILE in systemd',
  );
  expect(lackForConnections({ maxConnections: 1000 }, 4, 505)).toBe(
    'max_connections 1000 needs 506 open files in each process, and the limit is 505: raise it with "ulimit -n", or LimitNOFILE in systemd',
  );
});

const MAIN = resolve(import.meta.dirname, '../../dist/cli/main.js');

/** The built command line under a limit of open files. */
function limitedTo(limit: number, ...args: readonly string[]) {
  const command = `ulimit -n ${limit}; exec "$0" "$@"`;
  return stopped(startChild('sh', ['-c', command, process.execPath, MAIN, ...args]));
}

// 60 is hardly enough for Node; modules are loaded by up to a hundred files at a time.
test.runIf(process.platform !== 'win32').each([60, 110, 255])(
  'a start with %d open files ends with a sentence, and nothing else',
  async (limit) => {
    const child = limitedTo(limit, '-c', 'any.conf');
    expect(await child.end()).toBe(1);
    expect(child.stderr).toBe(
      `error: gatecast needs at least 256 open files, and the limit is ${limit}: raise it with "ulimit -n", or LimitNOFILE in systemd\n`,
    );
  },
);

test.runIf(process.platform !== 'win32')(
  'a server that may have fewer open files than clients starts, and warns',
  async () => {
    const directory = stopped(temporaryDirectory());
    const file = directory.file('gatecast.conf');
    writeFileSync(
      file,
      `listen 127.0.0.1:0; max_connections 1000; state_dir ${directory.file('objs')}; vhost __defaultVhost__ { }`,
    );
    const child = limitedTo(400, '-c', file);
    await child.line(/open file limit too low for max_connections/);
    expect(child.lines.join('\n')).toContain('max_connections 1000 needs 1256 open files in each process');
  },
);
