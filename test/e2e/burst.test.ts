import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isKeyframe } from '../support/flv-file.ts';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import { type HookBackends, hooksTo, startBackends } from '../support/hook-backends.ts';
import { picture } from '../support/picture.ts';
import { required } from '../support/requires.ts';
import { connectTo, type PublishingClient, startPublishing } from '../support/rtmp-peer.ts';
import { until, within } from '../support/until.ts';

const PLAYERS = 1000;
/** A socket at either end of each player, and the connections to the backend. */
const DESCRIPTORS = 1500;

let backends: HookBackends;
let server: GatecastProcess;
let publisher: PublishingClient;
let sending: NodeJS.Timeout;

beforeEach(async () => {
  backends = await startBackends('one');
  server = await startGatecast(`
    max_connections ${2 * PLAYERS};
    drain_timeout 15000;
    vhost __defaultVhost__ { ${hooksTo([backends.at['one'] ?? ''], 'hooks')} }`);
  publisher = await startPublishing('cam', server);
  publisher.send(...picture.stream(25));
  let moment = 25;
  sending = setInterval(() => publisher.send(...picture.moment(moment++)), 40);
});

afterEach(async () => {
  clearInterval(sending);
  publisher.stop();
  await server.stop();
  await backends.stop();
});

/** One of many who join together: counts, and keeps nothing. */
async function join() {
  const session = await connectTo(server);
  const player = { session, keyframe: false, packets: 0 };
  await session.play('cam', (message) => {
    player.packets += 1;
    player.keyframe ||= isKeyframe(message);
  });
  return player;
}

function distinct(action: string): number {
  const posts = backends.posts.filter((post) => post.action === action);
  const clients = new Set(posts.map((post) => post.body['client_id']));
  expect(clients.size, `${action} came twice for one client`).toBe(posts.length);
  return clients.size;
}

test('a thousand players that join together all get a picture, and each hook comes once', async (context) => {
  required(context, enoughDescriptors(), `"ulimit -n" is below ${DESCRIPTORS}`);
  const began = performance.now();

  const players = await Promise.all(Array.from({ length: PLAYERS }, join));
  await until('a keyframe for everybody', () => players.every((player) => player.keyframe));

  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${PLAYERS} players have a picture after ${seconds.toFixed(2)} s\n`);
  expect([distinct('on_connect'), distinct('on_play')]).toEqual([PLAYERS + 1, PLAYERS]);
  for (const { session } of players) session.close();
  await backends.received(PLAYERS, 'on_close');
  expect([distinct('on_stop'), distinct('on_close')]).toEqual([PLAYERS, PLAYERS]);
  expect(server.log.filter((line) => line['level'] !== 'info')).toEqual([]);
});

test('a server that is stopped while a thousand play delivers every closing hook once', async (context) => {
  required(context, enoughDescriptors(), `"ulimit -n" is below ${DESCRIPTORS}`);
  const players = await Promise.all(Array.from({ length: PLAYERS }, join));
  await until('a keyframe for everybody', () => players.every((player) => player.keyframe));

  server.child.kill('SIGTERM');

  expect(await server.child.end()).toBe(0);
  expect([distinct('on_stop'), distinct('on_unpublish'), distinct('on_close')]).toEqual([
    PLAYERS,
    1,
    PLAYERS + 1,
  ]);
  await within('the end of all connections', Promise.all(players.map(({ session }) => session.closed)));
  expect(new Set(players.map(({ session }) => session.lastStatus?.code))).toEqual(
    new Set(['NetConnection.Connect.Closed']),
  );
});

test('players that leave while they are being asked about leave nothing behind', async (context) => {
  required(context, enoughDescriptors(), `"ulimit -n" is below ${DESCRIPTORS}`);
  backends.reply('one', 'on_play', 'hang');
  const sessions = await Promise.all(Array.from({ length: 200 }, () => connectTo(server)));
  const plays = sessions.map((session) => session.play('cam', () => undefined).catch(() => 'gone'));
  await backends.received(10, 'on_play');

  for (const session of sessions) session.close();

  expect(new Set(await Promise.all(plays))).toEqual(new Set(['gone']));
  await backends.received(200, 'on_close');
  expect([distinct('on_close'), distinct('on_stop')]).toEqual([200, 0]);
});

function enoughDescriptors(): true | undefined {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' || Number(limit) >= DESCRIPTORS ? true : undefined;
}
