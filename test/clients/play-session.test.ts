import { expect, test } from 'vitest';
import { STALL_TIMEOUT_MS } from '../../src/clients/connected-client.ts';
import { type PlayRequest, PlaySession, type PlayTransport } from '../../src/clients/play-session.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, settled } from '../support/memory-server.ts';
import { vhost } from '../support/options.ts';

/** A viewer of a protocol without a socket; what its transport is asked to do is in `closings`. */
function newViewer(gate = new FakeGate()) {
  const server = openServer({ gate });
  const closings: string[] = [];
  const transport = {
    protocol: 'hls',
    traffic: { bytesIn: 3, bytesOut: 5 },
    backlog: 0,
    close: (reason, why) => closings.push(`${reason}: ${why}`),
  } satisfies PlayTransport;
  const request: PlayRequest = {
    ip: '192.0.2.9',
    snapshot: server.clients.snapshot,
    vhost: vhost(),
    address: { vhost: vhost().name, app: 'live', stream: 'cam', param: '' },
    tcUrl: 'rtmp://host/live',
    pageUrl: '',
    agent: 'a player',
  };
  const session = new PlaySession(server.clients, request, transport);
  return { ...server, session, transport, closings };
}

test('a viewer is known from its question on, and plays once media flows', async () => {
  const { session, clients } = newViewer();
  expect(clients.clientInfos()).toMatchObject([
    { role: 'idle', protocol: 'hls', stream: '', agent: 'a player' },
  ]);
  await session.admit();
  session.started();
  expect(session.info).toMatchObject({ role: 'play', stream: 'cam', recvBytes: 3, sendBytes: 5 });
});

test('a refused viewer has ended, and is no client any more', async () => {
  const { session, clients, gate, log } = newViewer(new FakeGate().answers('on_play', refused('no')));
  expect(await session.admit()).toMatchObject({ reason: 'denied', message: 'no' });
  await session.settled;
  expect(gate.told).toEqual([]);
  expect(clients.clientInfos()).toEqual([]);
  expect(log.lines.map(({ message }) => message)).toEqual(['play refused']);
});

test('a viewer that is closed ends once, with the reason and the sentence in the log', async () => {
  const { session, closings, gate, log } = newViewer();
  await session.admit();
  session.started();
  session.kick('kicked', 'enough');
  session.kick('shutdown', 'again');
  session.end('client');
  await session.settled;
  expect(closings).toEqual(['kicked: enough']);
  expect(gate.told).toMatchObject([{ action: 'on_stop', reason: 'kicked' }]);
  const ended = log.lines.filter(({ message }) => message === 'play ended');
  expect(ended.map(({ fields }) => fields)).toMatchObject([{ reason: 'kicked', why: 'enough', bytesOut: 5 }]);
});

test('a viewer that leaves during its question is let in by no answer', async () => {
  const { session, gate } = newViewer(new FakeGate().keepsWaiting('on_play').allowsTheLate());
  const outcome = session.admit();
  await gate.question();
  session.end('client');
  expect(await outcome).toBeUndefined();
  await session.settled;
  expect(gate.told).toMatchObject([{ action: 'on_stop', reason: 'client' }]);
});

test('a viewer that takes none of the bytes waiting for it is closed', async () => {
  const { session, transport, closings, seconds } = newViewer();
  await session.admit();
  session.started();
  transport.backlog = 1;
  await seconds(STALL_TIMEOUT_MS / 1000 + 1);
  expect(closings).toEqual([]);
  await seconds(1);
  await settled();
  expect(closings).toEqual([`timeout: the client took no bytes for ${STALL_TIMEOUT_MS} ms`]);
});
