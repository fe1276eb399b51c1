import { describe, expect, test } from 'vitest';
import { answers } from '../support/free-port.ts';
import { startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { stopped } from '../support/stopped.ts';
import { until, within } from '../support/until.ts';
import { connectWhere, following, opening, Received } from '../support/workers.ts';

/** Two workers whose clients' events all go to one backend. */
async function start(directives = '') {
  const backends = stopped(await startBackends('b'));
  const conf = (vhost = '') =>
    `workers 2; ${directives} vhost __defaultVhost__ { ${hooksTo([backends.at['b'] ?? ''], 'hook')} ${vhost} }`;
  const server = stopped(await startGatecast(conf()));
  const actions = (action: string) => backends.posts.filter((post) => post.action === action);
  return { server, backends, actions, conf };
}

const anywhere = () => true;
const notIn = (worker: number) => (other: number) => other !== worker;
const isIn = (worker: number) => (other: number) => other === worker;

test('a player gets from another worker what a player beside the publisher gets, packet for packet', async () => {
  const { server, actions } = await start();
  const publisher = await connectWhere(server, anywhere);
  const streamId = await publisher.session.publish('cam');
  publisher.session.send(...opening(streamId, 5000), ...following(streamId, 5040));
  const beside = await connectWhere(server, isIn(publisher.worker));
  const near = new Received();
  await beside.session.play('cam', near.take);
  await near.has(43);
  const far = [new Received(), new Received(), new Received()];
  for (const received of far) {
    const player = await connectWhere(server, notIn(publisher.worker));
    await player.session.play('cam', received.take);
  }
  await far[2]?.has(43);
  publisher.session.send(...following(streamId, 6000));
  const expected = await near.has(83);
  for (const received of far) expect(await received.has(83)).toEqual(expected);
  expect(actions('on_play')).toHaveLength(4);
  expect(actions('on_connect').length).toBe(
    server.log.filter(({ msg }) => msg === 'client connected').length,
  );
  expect(server.log.filter(({ msg }) => msg === 'relay started')).toHaveLength(1);
  const ids = actions('on_connect').map(({ body }) => body['client_id']);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(actions('on_connect').map(({ body }) => body['service_id'])).size).toBe(1);
});

test('of two publishers in different workers the second gets BadName, and its backend is not asked', async () => {
  const { server, actions } = await start();
  const first = await connectWhere(server, anywhere);
  await first.session.publish('cam');
  const second = await connectWhere(server, notIn(first.worker));
  await expect(second.session.publish('cam')).rejects.toMatchObject({ code: 'NetStream.Publish.BadName' });
  expect(actions('on_publish')).toHaveLength(1);
});

test('a publisher that comes back at another worker keeps its players', async () => {
  const { server, actions } = await start();
  const first = await connectWhere(server, anywhere);
  const streamId = await first.session.publish('cam');
  const players = [new Received(), new Received()];
  const workers = [isIn(first.worker), notIn(first.worker)];
  for (const [index, received] of players.entries()) {
    const player = await connectWhere(server, workers[index] ?? anywhere);
    await player.session.play('cam', received.take);
  }
  first.session.send(...opening(streamId), ...following(streamId, 40));
  for (const received of players) await received.has(43);
  const second = await connectWhere(server, notIn(first.worker));
  first.session.close();
  const again = await second.session.publish('cam');
  second.session.send(...opening(again), ...following(again, 40));
  for (const received of players) {
    const lines = await received.has(86);
    expect(lines).toHaveLength(86);
    expect(lines.slice(43).map((line) => line.replace(/@\d+/, ''))).toEqual(
      lines.slice(0, 43).map((line) => line.replace(/@\d+/, '')),
    );
    const times = lines.map((line) => Number(/@(\d+)/.exec(line)?.[1]));
    expect(times.at(43)).toBeGreaterThan(times.at(42) ?? Number.POSITIVE_INFINITY);
  }
  expect(actions('on_play')).toHaveLength(2);
  expect(actions('on_stop')).toHaveLength(0);
});

describe('a worker that is killed', () => {
  test('is replaced, its clients are closed at the backend once, and others do not notice', async () => {
    const { server, actions } = await start();
    const stays = await connectWhere(server, anywhere);
    const streamId = await stays.session.publish('stays');
    stays.session.send(...opening(streamId));
    const near = new Received();
    const beside = await connectWhere(server, isIn(stays.worker));
    await beside.session.play('stays', near.take);
    const far = await connectWhere(server, notIn(stays.worker));
    await far.session.play('stays', new Received().take);
    const lost = await connectWhere(server, isIn(far.worker));
    await lost.session.publish('lost');
    const waiting = new Received();
    const patient = await connectWhere(server, isIn(stays.worker));
    await patient.session.play('lost', waiting.take);
    await near.has(3);

    const { pid } = await server.logged('worker started', { worker: far.worker });
    process.kill(Number(pid), 'SIGKILL');
    await within('the end of the connections', Promise.all([far.session.closed, lost.session.closed]));
    await until('the closing events', () => ofReason('server_restart').length >= 4);
    await until('the replacement', () => {
      const started = server.log.filter(
        ({ msg, worker }) => msg === 'worker started' && worker === far.worker,
      );
      return started.length === 2;
    });

    function ofReason(reason: string) {
      return ['on_stop', 'on_unpublish', 'on_close'].flatMap((action) =>
        actions(action).filter(({ body }) => body['reason'] === reason),
      );
    }
    const openings = new Set(
      [...actions('on_play'), ...actions('on_publish')]
        .filter(({ body }) =>
          ofReason('server_restart').some((end) => end.body['client_id'] === body['client_id']),
        )
        .map(({ body }) => `${body['action']} ${body['stream']}`),
    );
    expect(openings).toEqual(new Set(['on_play stays', 'on_publish lost']));
    expect(
      ofReason('server_restart')
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['on_close', 'on_close', 'on_stop', 'on_unpublish']);

    stays.session.send(...following(streamId, 40));
    await near.has(43);
    const back = await connectWhere(server, isIn(far.worker));
    const again = await back.session.publish('lost');
    back.session.send(...opening(again));
    await waiting.has(3);
    const joins = new Received();
    await (await connectWhere(server, isIn(far.worker))).session.play('stays', joins.take);
    await joins.has(43);
    expect(ofReason('server_restart')).toHaveLength(4);
    const ids = actions('on_connect').map(({ body }) => body['client_id']);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('workers end when their primary is gone', async () => {
  const { server } = await start();
  const client = await connectWhere(server, anywhere);
  server.child.kill('SIGKILL');
  await within('the end of the connection', client.session.closed);
  await until('a port that nobody listens at', async () => !(await answers(server.port)));
});

describe('signals', () => {
  test('SIGHUP gives every worker the new configuration, and a bad file is refused once', async () => {
    const { server, conf } = await start();
    const kicked = await Promise.all([connectWhere(server, isIn(1))]);
    expect(await server.reload('this is no configuration')).toMatchObject({
      msg: 'reload refused, old configuration stays',
    });
    expect(server.log.filter(({ msg }) => /refused/.test(msg))).toHaveLength(1);
    const other = await connectWhere(server, isIn(2));
    const line = await server.reload(conf('enabled off;').replace('workers 2', 'workers 3'));
    expect(line).toMatchObject({
      msg: 'configuration reloaded',
      warnings: ['workers stays 2 until the server is started again'],
    });
    await within('the clients of the vhost', Promise.all([...kicked, other].map((it) => it.session.closed)));
  });

  test('SIGHUP that cannot have its port leaves every worker as it was', async () => {
    const { server, conf } = await start();
    const line = await server.reload(`listen 127.0.0.1:${server.port} 192.0.2.1:1935; ${conf()}`);
    expect(line).toMatchObject({ msg: 'reload refused, old configuration stays' });
    await connectWhere(server, isIn(1));
    await connectWhere(server, isIn(2));
  });

  test('SIGTERM closes the clients of every worker and waits for their closing events', async () => {
    const { server, actions } = await start();
    const one = await connectWhere(server, isIn(1));
    const two = await connectWhere(server, isIn(2));
    await one.session.publish('one');
    await two.session.publish('two');
    server.child.kill('SIGTERM');
    expect(await server.child.end()).toBe(0);
    expect(
      actions('on_unpublish')
        .map(({ body }) => `${body['stream']} ${body['reason']}`)
        .sort(),
    ).toEqual(['one shutdown', 'two shutdown']);
    expect(actions('on_close').length).toBe(actions('on_connect').length);
    expect(await answers(server.port)).toBe(false);
  });
});
