import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gatecast, ROOT } from '../support/gatecast.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

interface Outcome {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: readonly string[]): Promise<Outcome> {
  const child = stopped(gatecast(args));
  const code = await child.end();
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** A file of its own for one test. */
function file(text: string, name = 'test.conf'): string {
  const path = stopped(temporaryDirectory()).file(name);
  writeFileSync(path, text);
  return path;
}

const WRONG =
  'listen 1935;\nvhost __defaultVhost__ {\n    gop_cach on;\n    http_hooks { enabled yes; }\n}\n';
const SHIPPED = ['gatecast', 'full', 'hooks-two-vhosts', 'low-latency', 'nginx-style', 'no-hooks', 'security']
  .map((name) => `conf/${name}.conf`)
  .concat('conf/example.yaml');

/** Those that use all of the language. */
const RICH = ['conf/full.conf', 'conf/hooks-two-vhosts.conf', 'conf/example.yaml'];

describe('what the command line says of itself', () => {
  test.each(['--version', '-v'])('%s prints the version of the package', async (flag) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await run(flag)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help shows every command, every flag and an example', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const word of [
      'convert',
      'resolve',
      'callbacks',
      '-c, --config',
      '-t, --test',
      '-p, --print',
      'gatecast -c conf/gatecast.conf',
    ])
      expect(stdout).toContain(word);
  });

  test('without a configuration it says how to name one, and does not start', async () => {
    const child = stopped(gatecast([], { SRS_CONFIG_FILE: undefined }));
    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain('no configuration: name one with -c FILE');
  });

  test('SRS_CONFIG_FILE names the configuration as well', async () => {
    const child = stopped(gatecast(['-t'], { SRS_CONFIG_FILE: 'conf/no-hooks.conf' }));
    expect(await child.end()).toBe(0);
    expect(child.stdout).toContain('conf/no-hooks.conf test is successful');
  });

  test.each([['--nonsense'], ['serve']])('%s is an error on one line', async (word) => {
    const { code, stderr, stdout } = await run(word);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*\n/);
  });
});

describe('-t', () => {
  test.each(SHIPPED)('finds nothing wrong with %s', async (conf) => {
    expect(await run('-t', '-c', conf)).toEqual({
      code: 0,
      stdout: `the configuration file ${conf} syntax is ok\nthe configuration file ${conf} test is successful\n`,
      stderr: '',
    });
  });

  test('names every error by file, line and column, and exits with 1', async () => {
    const conf = file(WRONG);

    const { code, stdout, stderr } = await run('-t', '-c', conf);

    expect([code, stdout]).toEqual([1, '']);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(`error: ${conf}:3:5: `);
    expect(lines[0]).toContain('did you mean gop_cache');
    expect(lines[1]).toMatch(`error: ${conf}:4:26: `);
    expect(lines[2]).toBe(`the configuration file ${conf} test is failed`);
  });

  test('says that a file is not there', async () => {
    const { code, stderr } = await run('-t', '-c', 'no/such.conf');
    expect(code).toBe(1);
    expect(stderr).toContain('error: no/such.conf: ');
  });

  test('warns of what SRS has and Gatecast has not, and succeeds', async () => {
    const conf = file('listen 1935;\nvhost v { dash { enabled on; } }\n');
    const { code, stderr } = await run('-t', '-c', conf);
    expect(code).toBe(0);
    expect(stderr).toMatch(`warning: ${conf}:2:11: `);
  });
});

describe('-p', () => {
  test.each(RICH)('prints %s in full, in a form that loads as the same again', async (conf) => {
    const printed = await run('-p', '-c', conf);
    expect([printed.code, printed.stderr]).toEqual([0, '']);
    const copy = file(printed.stdout);

    const again = await run('-p', '-c', copy);

    expect(again.code).toBe(0);
    expect(withoutOrigins(again.stdout)).toBe(withoutOrigins(printed.stdout));
  });

  test('says where each value comes from', async () => {
    const child = stopped(gatecast(['-p', '-c', 'conf/no-hooks.conf'], { SRS_MAX_CONNECTIONS: '7' }));
    expect(await child.end()).toBe(0);
    expect(child.stdout).toMatch(/listen 1935;.*conf\/no-hooks\.conf:3/);
    expect(child.stdout).toMatch(/max_connections 7;.*SRS_MAX_CONNECTIONS/);
    expect(child.stdout).toMatch(/chunk_size 60000;.*default/);
  });

  test('of a wrong file prints its errors alone', async () => {
    const { code, stdout, stderr } = await run('-p', '-c', file(WRONG));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(':3:5: ');
  });
});

describe('convert', () => {
  test.each(RICH)('turns %s into the other grammar and back without a loss', async (conf) => {
    const other = conf.endsWith('.yaml') ? 'other.conf' : 'other.yaml';
    const back = conf.endsWith('.yaml') ? 'back.yaml' : 'back.conf';

    const converted = file((await run('convert', conf)).stdout, other);
    const returned = file((await run('convert', converted)).stdout, back);

    const [first, second, third] = await Promise.all(
      [conf, converted, returned].map((each) => run('-p', '-c', each)),
    );
    expect(second?.code).toBe(0);
    expect(withoutOrigins(second?.stdout)).toBe(withoutOrigins(first?.stdout));
    expect(withoutOrigins(third?.stdout)).toBe(withoutOrigins(first?.stdout));
  });

  test('of a file with an error names its place and prints nothing else', async () => {
    const conf = file('listen 1935\n}\n');
    const { code, stdout, stderr } = await run('convert', conf);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${conf}:2:1: `);
  });
});

describe('resolve', () => {
  const resolve = (...args: string[]) => run('resolve', '-c', 'conf/hooks-two-vhosts.conf', ...args);

  test('shows where an OBS server and key lead, and whose hooks the client meets', async () => {
    const url = 'rtmp://media.example.org/live?vhost=studio.example.com';
    const { code, stdout, stderr } = await resolve(url, '--key', 'cam?token=secret');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      'vhost   studio.example.com',
      'app     live',
      'stream  cam',
      'param   ?token=secret&vhost=studio.example.com',
      'name    studio.example.com/live/cam',
    ]);
    expect(stdout).toContain('hooks   schema srs1');
    expect(stdout).toMatch(
      /on_publish +http:\/\/127.0.0.1:8085\/api\/v1\/streams http:\/\/127.0.0.1:9000\/studio\/publish/,
    );
    expect(stdout).toMatch(/on_play +\(none\)/);
  });

  test('takes the host for the vhost and the last part of a URL for the stream', async () => {
    const { stdout } = await resolve('rtmp://fans.example.com:1936/live/cam');
    expect(stdout).toContain('vhost   fans.example.com\napp     live\nstream  cam\n');
    expect(stdout).toContain('hooks   schema srs5');
  });

  test('says why a client would be refused, and exits with 1', async () => {
    const { code, stdout, stderr } = await resolve('rtmp://media.example.org/live/cam');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('refused: vhost media.example.org is not configured here and strict_vhost is on\n');
  });

  test('says that everybody may pass where there are no hooks', async () => {
    const { stdout } = await run('resolve', '-c', 'conf/no-hooks.conf', 'rtmp://localhost/live/cam');
    expect(stdout).toContain('hooks   off: everybody may publish and play');
  });
});

function withoutOrigins(text = ''): string {
  return text.replaceAll(/\s*#.*$/gm, '').trim();
}
