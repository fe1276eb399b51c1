import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, type TestContext, test } from 'vitest';
import { startBackend } from '../hooks/scripted-backend.ts';
import { answers } from '../support/free-port.ts';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import { hooksTo } from '../support/hook-backends.ts';
import { required } from '../support/requires.ts';
import { connectTo } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { following, opening } from '../support/workers.ts';

const PLAYERS = 60;

type Body = Readonly<Record<string, unknown>>;

/** A backend that says yes to all it hears, and hangs up on everybody while it is down. */
async function startEar() {
  const bodies: Body[] = [];
  const state = { down: false };
  const backend = await startBackend(({ body, socket }) => {
    if (state.down) {
      socket.destroy();
      return undefined;
    }
    bodies.push(JSON.parse(body) as Body);
    return '0';
  });
  stopped({ stop: () => backend.close() });
  const count = (action: string) =>
    new Set(bodies.filter((body) => body['action'] === action).map(({ event_id }) => event_id)).size;
  return { ...backend, bodies, state, count };
}

const OUTBOX = 'outbox { retry_min 20; retry_max 200; }';

function confOf(origin: string, stateDir: string, more = OUTBOX): string {
  return `state_dir ${stateDir}; max_connections 2000; ${more} vhost __defaultVhost__ { ${hooksTo([origin], 'hook', 'breaker_open 100;')} }`;
}

/** One publisher and players of its stream. */
async function crowd(server: GatecastProcess, players = PLAYERS) {
  const publisher = await connectTo({ port: server.port });
  const streamId = await publisher.publish('cam');
  publisher.send(...opening(streamId), ...following(streamId, 40));
  const received: number[] = [];
  const sessions = await Promise.all(
    Array.from({ length: players }, async (_, index) => {
      const session = await connectTo({ port: server.port });
      received[index] = 0;
      await session.play('cam', () => {
        received[index] = (received[index] ?? 0) + 1;
      });
      return session;
    }),
  );
  return { publisher, streamId, received, sessions };
}

/** Kills the server as a power cut of the process, and waits until its port is free. */
async function crash(server: GatecastProcess): Promise<void> {
  server.child.kill('SIGKILL');
  await server.child.exited;
  await until('the end of all its processes', async () => !(await answers(server.port)));
}

/** What the backend heard of each client, each event once, in the order of its first arrival. */
function storiesOf(bodies: readonly Body[]): Map<string, Body[]> {
  const stories = new Map<string, Body[]>();
  for (const body of bodies) {
    const name = `${body['service_id']} ${body['client_id']}`;
    const story = stories.get(name) ?? [];
    stories.set(name, story);
    if (!story.some(({ event_id }) => event_id === body['event_id'])) story.push(body);
  }
  return stories;
}

const wholeStories = (players: number) =>
  [
    ...Array.from({ length: players }, () => 'on_connect on_play on_stop on_close'),
    'on_connect on_publish on_unpublish on_close',
  ].sort();

function told(bodies: readonly Body[]): string[] {
  return Array.from(storiesOf(bodies).values(), (story) =>
    story.map(({ action }) => action).join(' '),
  ).sort();
}

test('after kill -9 every client gets its closing events, in order and with the reason server_restart', async () => {
  const ear = await startEar();
  const { path } = stopped(temporaryDirectory());
  const server = stopped(await startGatecast(confOf(ear.origin, path)));
  await crowd(server);
  await crash(server);
  stopped(await startGatecast(confOf(ear.origin, path)));
  await until('all closing events', () => ear.count('on_close') === PLAYERS + 1);
  expect(told(ear.bodies)).toEqual(wholeStories(PLAYERS));
  const closing = ear.bodies.filter((body) => 'reason' in body);
  expect(new Set(closing.map(({ reason }) => reason))).toEqual(new Set(['server_restart']));
  const runs = new Set(ear.bodies.map(({ service_id }) => service_id));
  expect(runs.size).toBe(1);
});

test('what could not be delivered while the backend was down arrives when both are back', async () => {
  const ear = await startEar();
  const { path } = stopped(temporaryDirectory());
  const server = stopped(await startGatecast(confOf(ear.origin, path)));
  const { sessions, publisher } = await crowd(server);
  ear.state.down = true;
  // Half of the players leave while nobody listens, the rest goes with the server.
  for (const session of sessions.slice(0, PLAYERS / 2)) session.close();
  await server.logged('event not delivered, will retry');
  await until('the end of their connections', () => {
    const closed = server.log.filter(({ msg }) => msg === 'connection closed');
    return closed.length >= PLAYERS / 2;
  });
  await crash(server);
  const second = stopped(await startGatecast(confOf(ear.origin, path)));
  await second.logged('event not delivered, will retry');
  await crash(second);
  const third = stopped(await startGatecast(confOf(ear.origin, path)));
  await third.logged('event not delivered, will retry');
  ear.state.down = false;
  await until('all closing events', () => ear.count('on_close') === PLAYERS + 1);
  expect(told(ear.bodies)).toEqual(wholeStories(PLAYERS));
  const reasons = ear.bodies.filter(({ action }) => action === 'on_stop').map(({ reason }) => reason);
  expect(reasons.filter((reason) => reason === 'client').length).toBeGreaterThanOrEqual(PLAYERS / 2 - 1);
  publisher.close();
});

test('a stop with a backend that is down leaves the events for the next start', async () => {
  const ear = await startEar();
  const { path } = stopped(temporaryDirectory());
  const server = stopped(await startGatecast(confOf(ear.origin, path)));
  await crowd(server, 5);
  ear.state.down = true;
  server.child.kill('SIGTERM');
  expect(await server.child.end()).toBe(0);
  expect(await server.logged('undelivered events kept for the next start')).toMatchObject({ left: 12 });
  ear.state.down = false;
  stopped(await startGatecast(confOf(ear.origin, path)));
  await until('all closing events', () => ear.count('on_close') === 6);
  expect(told(ear.bodies)).toEqual(wholeStories(5));
  expect(new Set(ear.bodies.filter((body) => 'reason' in body).map(({ reason }) => reason))).toEqual(
    new Set(['shutdown']),
  );
});

test('after kill -9 of a primary its workers end, and the next start closes the clients of all of them', async () => {
  const ear = await startEar();
  const { path } = stopped(temporaryDirectory());
  const conf = confOf(ear.origin, path, `workers 2; ${OUTBOX}`);
  const server = stopped(await startGatecast(conf));
  await crowd(server, 20);
  await crash(server);
  stopped(await startGatecast(conf));
  await until('all closing events', () => ear.count('on_close') === 21);
  expect(told(ear.bodies)).toEqual(wholeStories(20));
});

test('started and stopped servers say so, to the vhosts that want to hear it', async () => {
  const ear = await startEar();
  const { path } = stopped(temporaryDirectory());
  const hooks = `http_hooks { enabled on; server_started ${ear.origin}; server_stopping ${ear.origin}; }`;
  const server = stopped(await startGatecast(`state_dir ${path}; vhost a.test { ${hooks} }`));
  await until('the first notice', () => ear.bodies.length === 1);
  server.child.kill('SIGTERM');
  expect(await server.child.end()).toBe(0);
  expect(ear.bodies.map(({ action, vhost }) => `${action} ${vhost}`)).toEqual([
    'server_started a.test',
    'server_stopping a.test',
  ]);
});

/** An app whose events take much room. */
const LONG = `live?${'long'.repeat(1000)}`;

/** A small disk of its own. */
function smallDisk(context: TestContext): { path: string; fill(): void; empty(): void } {
  const directory = temporaryDirectory();
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory.path]);
  stopped({
    stop() {
      spawnSync('umount', ['-l', directory.path]);
      directory.stop();
    },
  });
  required(context, mount.status === 0 || undefined, 'no tmpfs can be mounted here to be filled');
  return {
    path: directory.path,
    fill() {
      try {
        writeFileSync(directory.file('filler'), Buffer.alloc(4_000_000));
      } catch {
        // That is the point.
      }
    },
    empty: () => rmSync(directory.file('filler')),
  };
}

test('a full disk refuses newcomers with a reason, leaves those who are in alone, and takes others when there is room', async (context) => {
  const disk = smallDisk(context);
  const ear = await startEar();
  const conf = confOf(ear.origin, disk.path, 'outbox { when_full refuse_clients; }');
  const server = stopped(await startGatecast(conf));
  const { publisher, streamId, received } = await crowd(server, 3);
  disk.fill();
  const refusals: unknown[] = [];
  // Each of those who come takes some of what the outbox holds ready.
  while (refusals.length === 0)
    await connectTo({ port: server.port, app: LONG }).catch((error: unknown) => refusals.push(error));
  expect(refusals[0]).toMatchObject({
    code: 'NetConnection.Connect.Rejected',
    message: expect.stringContaining('takes no new clients'),
  });
  const before = [...received];
  publisher.send(...following(streamId, 1000));
  await until('the picture at all players', () =>
    received.every((n, index) => n >= (before[index] ?? 0) + 40),
  );
  disk.empty();
  await server.logged('outbox writes to disk again');
  await connectTo({ port: server.port });
});

test('a full disk under drop_oldest lets everybody in and tells all that happens', async (context) => {
  const disk = smallDisk(context);
  const ear = await startEar();
  const server = stopped(await startGatecast(confOf(ear.origin, disk.path)));
  const { sessions, publisher } = await crowd(server, 3);
  disk.fill();
  const failed = () => server.log.some(({ msg }) => msg === 'outbox cannot write to disk');
  while (!failed()) sessions.push(await connectTo({ port: server.port, app: LONG }));
  for (let i = 0; i < 20; i++) sessions.push(await connectTo({ port: server.port }));
  for (const session of [...sessions, publisher]) session.close();
  await until('all closing events', () => ear.count('on_close') === sessions.length + 1);
  expect(server.child.running).toBe(true);
});
