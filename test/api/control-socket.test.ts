import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openControlSocket } from '../../src/api/control-socket.ts';
import { Journal } from '../../src/hooks/delivery-log.ts';
import { type HookControl, RequestError } from '../../src/model/control.ts';
import { delivery } from '../support/deliveries.ts';
import { stopped } from '../support/stopped.ts';
import { ownStateDir, temporaryDirectory } from '../support/temporary.ts';

function controlOf(journal: Journal, changes: Partial<HookControl> = {}): HookControl {
  return {
    deliveries: journal,
    replay: () => Promise.reject(new RequestError('impossible', 'No such URL any more.')),
    outbox: () => ({ events: 1, oldestMs: 2, dropped: 3, givenUp: 4, onDisk: true }),
    metrics: () => Promise.resolve('# metrics\n'),
    ...changes,
  };
}

/** An open control socket and somebody who asks at it. Both are closed at the end of the test. */
async function open(journal = new Journal(100), changes: Partial<HookControl> = {}) {
  const stateDir = ownStateDir();
  const socket = await openControlSocket(stateDir, controlOf(journal, changes));
  onTestFinished(() => socket.close());
  const path = `${stateDir}/control.sock`;
  const pool = new Pool('http://control', { socketPath: path, connections: 4 });
  onTestFinished(() => pool.destroy());
  const ask = async (target: string, method: 'GET' | 'POST' = 'GET') => {
    const { statusCode, headers, body } = await pool.request({ method, path: target });
    const text = await body.text();
    const type = String(headers['content-type']);
    return { status: statusCode, type, body: type.includes('json') ? JSON.parse(text) : text };
  };
  return { stateDir, path, socket, pool, ask };
}

describe('the routes', () => {
  test('list deliveries by filter, and have each by its id', async () => {
    const journal = new Journal(100);
    const [played, lost] = [delivery({ action: 'on_play' }), delivery({ outcome: 'failed' })];
    journal.add(played);
    journal.add(lost);
    const { ask } = await open(journal);
    expect((await ask('/deliveries')).body.deliveries).toHaveLength(2);
    expect((await ask('/deliveries?limit=1')).body.deliveries[0].id).toBe(lost.id);
    expect((await ask('/deliveries?event=on_play')).body.deliveries).toEqual([played]);
    expect((await ask('/deliveries?failed=true&vhost=live.example.com')).body.deliveries).toEqual([lost]);
    expect((await ask(`/deliveries/${lost.id}`)).body).toEqual(lost);
  });

  test.each([
    ['/deliveries?limit=0', 400, 'limit'],
    ['/deliveries?limit=x', 400, 'limit'],
    ['/deliveries?event=on_forward', 400, 'event'],
    ['/deliveries?evnt=on_play', 400, 'evnt'],
    ['/deliveries/none-1', 404, 'The journal has no delivery none-1 (any more).'],
  ])('%s is answered with %i and a sentence', async (target, status, words) => {
    const { ask } = await open();
    const answer = await ask(target);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(words);
  });

  test('repeat a delivery, or say why not', async () => {
    const again = delivery({ attempt: 2 });
    const { ask } = await open(new Journal(1), { replay: () => Promise.resolve(again) });
    expect((await ask('/deliveries/x/replay', 'POST')).body).toEqual(again);
    const other = await open();
    expect(await other.ask('/deliveries/x/replay', 'POST')).toMatchObject({
      status: 409,
      body: { error: 'No such URL any more.' },
    });
  });

  test('tell of the outbox and the metrics', async () => {
    const { ask } = await open();
    expect((await ask('/outbox')).body).toEqual({
      events: 1,
      oldestMs: 2,
      dropped: 3,
      givenUp: 4,
      onDisk: true,
    });
    const metrics = await ask('/metrics');
    expect([metrics.type, metrics.body]).toEqual(['text/plain; version=0.0.4; charset=utf-8', '# metrics\n']);
  });
});

describe('following', () => {
  async function follow(pool: Pool, query = '') {
    const { body, statusCode } = await pool.request({ method: 'GET', path: `/deliveries/follow${query}` });
    const lines = createInterface({ input: body })[Symbol.asyncIterator]();
    const next = async () => {
      const { value, done } = await lines.next();
      return done ? 'the end' : (JSON.parse(value) as Record<string, unknown>);
    };
    return { statusCode, next };
  }

  test('brings each delivery on a line, and ends when the journal closes', async () => {
    const journal = new Journal(100);
    const { pool } = await open(journal);
    const { next } = await follow(pool, '?event=on_publish');
    expect(await next()).toEqual({ missed: 0 });
    const [first, last] = [delivery(), delivery()];
    journal.add(delivery({ action: 'on_play' }));
    journal.add(first);
    expect(await next()).toEqual({ delivery: first });
    journal.add(last);
    journal.close();
    expect(await next()).toEqual({ delivery: last });
    expect(await next()).toBe('the end');
  });

  test('tells how many went by unseen', async () => {
    const journal = new Journal(2);
    const { pool } = await open(journal);
    const { next } = await follow(pool);
    await next();
    for (let count = 0; count < 5; count++) journal.add(delivery());
    expect(await next()).toEqual({ missed: 3 });
  });

  test('a follower that goes away leaves its place to another', async () => {
    const journal = new Journal(2);
    const { path } = await open(journal);
    for (let count = 0; count < 40; count++) {
      const pool = new Pool('http://control', { socketPath: path });
      const { statusCode, next } = await follow(pool);
      if (statusCode === 200) await next();
      await pool.destroy();
    }
    const pool = new Pool('http://control', { socketPath: path });
    onTestFinished(() => pool.destroy());
    await expect.poll(async () => (await follow(pool)).statusCode).toBe(200);
  });
});

describe('the hold on a state directory', () => {
  test('is a socket that nobody else may open, and is gone afterwards', async () => {
    const { path, socket } = await open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await socket.close();
    expect(existsSync(path)).toBe(false);
  });

  test('is refused to a second server, which learns who has it', async () => {
    const { stateDir } = await open();
    await expect(openControlSocket(stateDir, controlOf(new Journal(1)))).rejects.toThrow(
      `the state directory ${stateDir} is used by process ${process.pid}; give this server its own with state_dir`,
    );
  });

  test.each([
    ['a new one', () => undefined],
    ['an old one', (stateDir: string) => writeFileSync(`${stateDir}/control.sock`, '')],
  ])('goes to one of several that want it in the same moment: %s', async (_which, prepare) => {
    const stateDir = ownStateDir();
    mkdirSync(stateDir);
    prepare(stateDir);
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map(() => openControlSocket(stateDir, controlOf(new Journal(1)))),
    );
    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    for (const winner of winners) stopped({ stop: () => winner.close() });
    expect(winners).toHaveLength(1);
    expect(readdirSync(stateDir)).toEqual(['control.sock']);
  });

  test('is taken over where nobody answers any more', async () => {
    const stateDir = ownStateDir();
    mkdirSync(stateDir);
    writeFileSync(`${stateDir}/control.sock`, 'no socket at all');
    const socket = await openControlSocket(stateDir, controlOf(new Journal(1)));
    onTestFinished(() => socket.close());
  });

  test('is respected if somebody takes the connection and hangs up', async () => {
    const stateDir = ownStateDir();
    mkdirSync(stateDir);
    const strange = createServer((connection) => connection.destroy()).listen(`${stateDir}/control.sock`);
    onTestFinished(() => void strange.close());
    await expect(openControlSocket(stateDir, controlOf(new Journal(1)))).rejects.toThrow(
      `the state directory ${stateDir} is used by another process`,
    );
  });

  test('needs a path that a unix socket can have', async () => {
    const stateDir = `${ownStateDir()}/${'x'.repeat(100)}`;
    await expect(openControlSocket(stateDir, controlOf(new Journal(1)))).rejects.toThrow(
      /^the path of the control socket has \d+ bytes and may have \d+: give a shorter state_dir than /,
    );
  });

  test('needs a directory that can be made', async () => {
    const directory = stopped(temporaryDirectory());
    writeFileSync(directory.file('file'), '');
    chmodSync(directory.file('file'), 0o600);
    await expect(openControlSocket(directory.file('file/objs'), controlOf(new Journal(1)))).rejects.toThrow(
      /^cannot make the state directory /,
    );
  });
});
