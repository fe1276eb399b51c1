import { expect, test } from 'vitest';
import type { RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, settled } from '../support/memory-server.ts';
import { pipe } from '../support/pipe.ts';
import { flv } from '../support/say.ts';

const TARGET = { tcUrl: 'rtmp://10.0.0.1/live', app: 'live' };

function client(server: ReturnType<typeof openServer>, options: { handshake?: 'digest' } = {}) {
  const [ours, theirs] = pipe();
  server.door.enter(ours, '192.0.2.1');
  return ClientSession.connect(theirs, { ...TARGET, clock: server.clock, ...options });
}

const media = (type: number, payload: Buffer, streamId: number, timestamp = 0): RtmpMessage => ({
  type,
  timestamp,
  streamId,
  csid: 6,
  payload,
});

test.each([{}, { handshake: 'digest' }] as const)(
  'what a client publishes another one plays (%o)',
  async (options) => {
    const server = openServer();
    const publisher = await client(server, options);
    const player = await client(server, options);
    const id = await publisher.publish('cam');
    const seen: string[] = [];
    await player.play('cam', ({ payload }) => seen.push(payload.toString('latin1').slice(5)));
    publisher.send(media(9, flv.avcConfig(), id), media(9, flv.keyframe('k1'), id, 40));
    await settled();
    expect(seen.filter((name) => name !== '')).toEqual(['avc', 'k1']);
  },
);

test('a refused connect rejects with the code and the gate\u2019s message', async () => {
  const server = openServer({ gate: new FakeGate().answers('on_connect', refused('not you')) });
  await expect(client(server)).rejects.toMatchObject({
    code: 'NetConnection.Connect.Rejected',
    message: 'NetConnection.Connect.Rejected: not you',
  });
});

test('a refused publish or play rejects with the code', async () => {
  const gate = new FakeGate().answers('on_publish', refused('no')).answers('on_play', refused('no'));
  const server = openServer({ gate });
  const publisher = await client(server);
  await expect(publisher.publish('cam')).rejects.toMatchObject({ code: 'NetStream.Publish.Denied' });
  const player = await client(server);
  await expect(player.play('cam', () => undefined)).rejects.toMatchObject({ code: 'NetStream.Play.Failed' });
});

test('an unknown method rejects, and the session goes on', async () => {
  const session = await client(openServer());
  await expect(session.call('nonsense', null)).rejects.toMatchObject({ code: 'NetConnection.Call.Failed' });
  expect(await session.createStream()).toBe(1);
});

test('what is asked of a session that is over rejects at once, and says why it ended', async () => {
  const server = openServer();
  const session = await client(server);
  const closing = server.clients.close('shutdown', 'Back in a minute.');
  await session.closed;
  await closing;
  expect(session.lastStatus).toEqual(
    expect.objectContaining({ code: 'NetConnection.Connect.Closed', description: 'Back in a minute.' }),
  );
  await expect(session.createStream()).rejects.toMatchObject({ code: 'NetConnection.Connect.Closed' });
});

test('an answer that is due when the server leaves rejects', async () => {
  const server = openServer({ gate: new FakeGate().keepsWaiting('on_publish') });
  const session = await client(server);
  const publish = session.publish('cam');
  await server.gate.question();
  void server.clients.close('shutdown', 'Back in a minute.');
  await expect(publish).rejects.toMatchObject({ code: 'NetConnection.Connect.Closed' });
});

test('a server that breaks off in the handshake is no connection', async () => {
  const [ours, theirs] = pipe();
  const connecting = ClientSession.connect(theirs, TARGET);
  ours.end();
  await expect(connecting).rejects.toMatchObject({ code: 'NetConnection.Connect.Closed' });
});

test('a client that closes is gone from the server', async () => {
  const server = openServer();
  const session = await client(server);
  expect(server.clients.connections).toBe(1);
  session.close();
  session.close();
  await settled();
  expect(server.clients.connections).toBe(0);
  expect(server.gate.log).toEqual(['ask on_connect live', 'tell on_close live client']);
});

test('a publish ended by deleteStream frees the name for the next one on the same connection', async () => {
  const { gate, ...server } = openServer();
  const session = await client({ gate, ...server });
  const id = await session.publish('cam');
  session.notify(id, 'closeStream', null);
  await session.publishOn(id, 'cam');
  session.notify(0, 'deleteStream', null, id);
  expect(await session.publish('cam')).toBe(id);
  expect(gate.log.filter((line) => line.includes('publish'))).toEqual([
    'ask on_publish cam',
    'tell on_unpublish cam client',
    'ask on_publish cam',
    'tell on_unpublish cam client',
    'ask on_publish cam',
  ]);
});
