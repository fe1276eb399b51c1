import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Child, startChild } from '../support/child.ts';
import { answers } from '../support/free-port.ts';
import { gatecast, ROOT, startGatecast } from '../support/gatecast.ts';
import { picture } from '../support/picture.ts';
import { required } from '../support/requires.ts';
import { connectTo, startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

/** A listener of this test, and the port that it holds. */
async function occupiedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  stopped({ stop: () => void server.close() });
  return (server.address() as AddressInfo).port;
}

function conf(directory: TemporaryDirectory, text: string): string {
  const path = directory.file('gatecast.conf');
  writeFileSync(path, text);
  return path;
}

const VHOST = 'vhost __defaultVhost__ { }\n';

describe('a server that cannot start says why in a sentence, exits with 1 and leaves nothing behind:', () => {
  const start = (text: string): [Child, TemporaryDirectory] => {
    const directory = stopped(temporaryDirectory());
    return [stopped(gatecast(['-c', conf(directory, text.replaceAll('DIR', directory.path))])), directory];
  };

  test('errors in the configuration, by line and column', async () => {
    const [child, directory] = start('listen 127.0.0.1:0;\npid DIR/pid;\nvhost v { on_publsh x; }\n');
    expect(await child.end()).toBe(1);
    expect([child.stdout, child.stderr]).toEqual(['', expect.stringContaining('gatecast.conf:3:11: ')]);
    expect(existsSync(directory.file('pid'))).toBe(false);
  });

  test('a port in use', async () => {
    const port = await occupiedPort();
    const [child, directory] = start(`listen 127.0.0.1:0 127.0.0.1:${port};\npid DIR/pid;\n${VHOST}`);
    expect(await child.end()).toBe(1);
    expect([child.stdout, child.stderr]).toEqual([
      '',
      `error: cannot listen on 127.0.0.1:${port}: another program has this port. Stop it or change "listen".\n`,
    ]);
    expect(existsSync(directory.file('pid'))).toBe(false);
  });

  test('a log file that cannot be written', async () => {
    const [child] = start(
      `listen 127.0.0.1:0;\nsrs_log_tank file;\nsrs_log_file DIR/gatecast.conf/x.log;\n${VHOST}`,
    );
    expect(await child.end()).toBe(1);
    expect(child.stderr).toMatch(/^error: cannot write the log file .*x\.log: .*\n$/);
  });

  test('a pid file that cannot be written', async () => {
    const [child] = start(`listen 127.0.0.1:0;\npid DIR/gatecast.conf/pid;\n${VHOST}`);
    expect(await child.end()).toBe(1);
    expect(child.stderr).toMatch(/^error: cannot write the pid file .*pid: .*\n$/);
  });
});

describe('the pid file', () => {
  test('names the process while it runs, keeps a second server out, and goes with it', async () => {
    const directory = stopped(temporaryDirectory());
    const pidFile = directory.file('run/gatecast.pid');
    const text = `pid ${pidFile};\n${VHOST}`;
    const server = stopped(await startGatecast(text));
    expect(readFileSync(pidFile, 'utf8')).toBe(`${server.child.pid}\n`);

    const second = stopped(gatecast(['-c', conf(directory, `listen 127.0.0.1:0;\n${text}`)]));

    expect(await second.end()).toBe(1);
    expect(second.stderr).toBe(
      `error: the pid file ${pidFile} names process ${server.child.pid}, which is running: stop it or change "pid"\n`,
    );
    server.child.kill('SIGTERM');
    expect(await server.child.end()).toBe(0);
    expect(existsSync(pidFile)).toBe(false);
  });

  test('of a server that was killed does not keep the next one out', async () => {
    const directory = stopped(temporaryDirectory());
    const pidFile = directory.file('gatecast.pid');
    const text = `pid ${pidFile};\n${VHOST}`;
    const killed = stopped(await startGatecast(text));
    killed.child.kill('SIGKILL');
    await killed.child.exited;
    expect(existsSync(pidFile)).toBe(true);

    const next = stopped(await startGatecast(text));

    expect(readFileSync(pidFile, 'utf8')).toBe(`${next.child.pid}\n`);
  });
});

describe('signals', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends the server with 0, whoever is connected',
    async (signal) => {
      const server = stopped(await startGatecast(VHOST));
      const session = await connectTo(server);

      server.child.kill(signal);

      expect(await server.child.end()).toBe(0);
      await session.closed;
      expect(server.log.at(-1)).toMatchObject({ msg: 'stopped' });
      expect(server.child.stderr).toBe('');
    },
  );

  test.each([1, 2])(
    'SIGUSR1 opens the log file of %d process(es) anew, after logrotate has moved it',
    async (workers) => {
      const directory = stopped(temporaryDirectory());
      const log = directory.file('logs/gatecast.log');
      const child = stopped(
        gatecast([
          '-c',
          conf(
            directory,
            `listen 127.0.0.1:0;\nworkers ${workers};\nsrs_log_tank file;\nsrs_log_file ${log};\n${VHOST}`,
          ),
        ]),
      );
      const lines = (file: string) =>
        existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
      const listening = await until('the server', () =>
        lines(log).find((line) => line.includes('gatecast is listening')),
      );
      const { listen } = JSON.parse(listening) as { listen: { port: number }[] };
      const destination = { port: listen[0]?.port ?? 0 };
      renameSync(log, `${log}.1`);

      child.kill('SIGUSR1');

      await until('a new file', () => existsSync(log));
      // The one process that has a player writes elsewhere at once, workers as soon as they have heard of it.
      const moved = () => lines(log).some((line) => line.includes('play started'));
      for (let players = 0; players < (workers === 1 ? 1 : 50) && !moved(); players++) {
        stopped(await startPlaying('cam', destination));
      }
      await until('a line in the new file', moved);
      if (workers === 1) expect(lines(`${log}.1`).some((line) => line.includes('play started'))).toBe(false);
      expect([child.stdout, child.stderr]).toEqual(['', '']);
    },
  );

  test('SIGUSR1 without a log file is nothing to a server', async () => {
    const server = stopped(await startGatecast(VHOST));
    server.child.kill('SIGUSR1');
    stopped(await startPlaying('cam', server));
    await server.logged('play started');
  });

  test('SIGUSR1 while the log file cannot be opened leaves the server running', async () => {
    const directory = stopped(temporaryDirectory());
    const log = directory.file('gatecast.log');
    const text = `listen 127.0.0.1:0;\nsrs_log_tank file;\nsrs_log_file ${log};\n${VHOST}`;
    const child = stopped(gatecast(['-c', conf(directory, text)]));
    const first = await until('the first line', () =>
      existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean)[0] : undefined,
    );
    const { listen } = JSON.parse(first) as { listen: { port: number }[] };
    rmSync(log);
    mkdirSync(log);
    child.kill('SIGUSR1');
    await child.line(/EISDIR/);
    stopped(await startPlaying('cam', { port: listen[0]?.port ?? 0 }));
  });
});

describe('npm start', () => {
  /** It runs two more processes: SIGINT, unlike SIGKILL, ends them too. */
  const start = (...args: readonly string[]) => {
    const child = startChild(process.execPath, ['scripts/start.mjs', ...args], { cwd: ROOT });
    const stop = async () => {
      if (child.running) child.kill('SIGINT');
      await child.end().catch(() => child.stop());
    };
    stopped({ stop });
    return child;
  };

  test('says what to paste, serves with the sample backend beside it, and stops both on SIGINT', async (context) => {
    required(context, await portsAreFree(1935, 8085), 'port 1935 or 8085 is in use');
    const child = start();
    await Promise.all([child.line('gatecast is listening'), child.line('Sample backend listens')]);
    expect(child.stdout).toContain('server  rtmp://127.0.0.1/live   stream key  livestream');
    expect(child.stdout).toMatch(/ffmpeg -re .* rtmp:\/\/127\.0\.0\.1\/live\/livestream/);
    expect(child.stdout).toContain('ffplay rtmp://127.0.0.1/live/livestream');
    const publisher = await startPublishing('livestream', { port: 1935 });
    const player = await startPlaying('livestream', { port: 1935 });
    publisher.send(...picture.stream(3));
    await player.hasMedia(8);

    child.kill('SIGINT');

    expect(await child.end()).toBe(0);
    for (const action of ['on_connect', 'on_publish', 'on_play', 'on_unpublish', 'on_stop', 'on_close'])
      expect(child.stdout).toMatch(new RegExp(`${action} +client=\\d+ ip=127\\.0\\.0\\.1 .* -> 200`));
    expect(await portsAreFree(1935, 8085)).toBe(true);
  });

  test('ends with an error when the port of the backend is in use', async (context) => {
    required(context, await portsAreFree(1935, 8085), 'port 1935 or 8085 is in use');
    const blocker = createServer().listen(8085, '127.0.0.1');
    await once(blocker, 'listening');
    stopped({ stop: () => void blocker.close() });

    const child = start();

    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain('Port 8085 of 127.0.0.1 is in use');
    expect(child.stdout).toBe('');
    expect(await portsAreFree(1935)).toBe(true);
  });

  test('says nothing but the error when the port of the server is in use', async (context) => {
    required(context, await portsAreFree(1935, 8085), 'port 1935 or 8085 is in use');
    const blocker = createServer().listen(1935);
    await once(blocker, 'listening');
    stopped({ stop: () => void blocker.close() });

    const child = start();

    expect(await child.end()).toBe(1);
    expect(child.stderr).toContain('cannot listen on 0.0.0.0:1935');
    expect(child.stdout).toBe('');
    expect(await portsAreFree(8085)).toBe(true);
  });

  test('takes a token for the sample backend, and says that it runs when it is started again', async (context) => {
    required(context, await portsAreFree(1935, 8085), 'port 1935 or 8085 is in use');
    const child = start('--token', 'secret');
    await child.line('Sample backend listens');
    expect(child.stdout).toContain('stream key  livestream?token=secret');
    expect(child.stdout).toContain("ffplay 'rtmp://127.0.0.1/live/livestream?token=secret'");

    const again = start();
    expect(await again.end()).toBe(1);
    expect(again.stderr).toMatch(/^error: Gatecast runs already from this folder\./);
    expect(again.stdout).toBe('');

    await expect(startPublishing('livestream', { port: 1935 })).rejects.toThrow();
    stopped(await startPublishing('livestream?token=secret', { port: 1935 }));
  });
});

/** True if nobody listens at any of them; undefined else. */
async function portsAreFree(...ports: readonly number[]): Promise<true | undefined> {
  const answered = await Promise.all(ports.map(answers));
  return answered.includes(true) ? undefined : true;
}

test('a reload says what about the outbox takes a restart', async () => {
  const server = stopped(await startGatecast(VHOST));
  const line = await server.reload(
    `state_dir /tmp/elsewhere;\nhook_journal 5;\noutbox { enabled off; max_events 5; }\n${VHOST}`,
  );
  expect(line).toMatchObject({ msg: 'configuration reloaded' });
  expect(line['warnings']).toEqual([
    expect.stringMatching(/^state_dir stays .* until the server is started again$/),
    'outbox stays on until the server is started again',
  ]);
  expect(await server.reload(VHOST)).toMatchObject({ warnings: [] });
});
