import { expect, test } from 'vitest';
import { freePort } from './scripted-backend.ts';
import { backend, closingEvent, gateEvent, handClock, openGate, staying } from './support.ts';

const SECRET = Buffer.from('a secret of sixteen bytes or more').toString('base64');

test('an attempt is reported with what was sent, what came back and what it meant', async () => {
  const { origin, received } = await backend(() => ({
    status: 200,
    body: '{"code":403,"message":"token expired"}',
    headers: { 'X-Which': 'one', 'Set-Cookie': 'session=secret' },
  }));
  const url = `${origin.replace('http://', 'http://user:password@')}/hook?key=secret`;
  const { gate, observer } = openGate(
    { on_publish: [url] },
    { secrets: [SECRET], headers: [['X-Api-Key', 'secret']] },
  );
  await gate.authorize(gateEvent('on_publish'), staying());
  const id = received[0]?.headers['webhook-id'];
  expect(observer.deliveries).toEqual([
    {
      id: `${id}-1`,
      eventId: id,
      action: 'on_publish',
      vhost: 'live.example.com',
      app: 'live',
      stream: 'cam',
      clientId: 'a1b2c3d4',
      url: `${origin.replace('http://', 'http://***@')}/hook?key=***`,
      origin,
      attempt: 1,
      at: expect.any(Number),
      request: {
        headers: [
          ['Content-Type', 'application/json'],
          ['User-Agent', 'Gatecast(srs1)0.1.0'],
          ['Authorization', '***'],
          ['X-Api-Key', '***'],
          ['webhook-id', id],
          ['webhook-timestamp', received[0]?.headers['webhook-timestamp']],
          ['webhook-signature', '***'],
        ],
        body: received[0]?.body,
      },
      response: {
        status: 200,
        headers: expect.arrayContaining([
          ['x-which', 'one'],
          ['set-cookie', '***'],
        ]),
        body: '{"code":403,"message":"token expired"}',
      },
      timing: {
        queueMs: expect.any(Number),
        connectMs: expect.any(Number),
        firstByteMs: expect.any(Number),
        totalMs: expect.any(Number),
      },
      outcome: 'refused',
      why: 'code 403: token expired',
    },
  ]);
});

test('what was configured is sent as it is, and takes the place of what we would say', async () => {
  const { origin, received } = await backend(() => '0');
  const { gate } = openGate(
    { on_play: [origin] },
    {
      headers: [
        ['X-Api-Key', 'secret'],
        ['user-agent', 'mine'],
      ],
    },
  );
  await gate.authorize(gateEvent('on_play'), staying());
  expect(received[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'user-agent': 'mine' });
});

test('every URL of an event has an attempt of its own, under the same event id', async () => {
  const { origin, received } = await backend(({ url }) =>
    url === '/2' && received.length < 4 ? { status: 500 } : '0',
  );
  const { hooks, gate, observer } = openGate({ on_close: [`${origin}/1`, `${origin}/2`, `${origin}/3`] });
  gate.emit(closingEvent('on_close'));
  await hooks.drain(5000);
  const id = received[0]?.headers['webhook-id'];
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id, id, id]);
  expect(observer.deliveries.map((delivery) => [delivery.id, delivery.outcome])).toEqual([
    [`${id}-1`, 'allowed'],
    [`${id}-2`, 'failed'],
    [`${id}-3`, 'allowed'],
    [`${id}-5`, 'allowed'],
  ]);
});

test('the times of an attempt are told apart, and a kept connection costs none', async () => {
  const clock = handClock();
  const { origin, arrival } = await backend(() => undefined);
  const { gate, observer } = openGate({ on_play: [origin] }, { maxConnections: 1 }, clock);
  const answer = (count: number) =>
    arrival(count).then(({ socket }) => {
      clock.advance(30);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n0');
    });
  const first = gate.authorize(gateEvent('on_play'), staying());
  const second = gate.authorize(gateEvent('on_play'), staying());
  clock.advance(7);
  await answer(1);
  await first;
  await answer(2);
  await second;
  expect(observer.deliveries.map(({ timing }) => timing)).toEqual([
    { queueMs: 0, connectMs: 7, firstByteMs: 30, totalMs: 37 },
    { queueMs: 37, connectMs: 0, firstByteMs: 30, totalMs: 67 },
  ]);
});

test('no answer is reported as far as it went', async () => {
  const port = await freePort();
  const { gate, observer } = openGate({ on_play: [`http://127.0.0.1:${port}/`] }, { onError: 'allow' });
  await gate.authorize(gateEvent('on_play'), staying());
  expect(observer.deliveries).toMatchObject([
    {
      response: undefined,
      outcome: 'failed',
      why: `The backend http://127.0.0.1:${port}/ refused the connection.`,
      timing: { connectMs: undefined, firstByteMs: undefined },
    },
  ]);
});

test('of a long answer the record keeps 4 KiB', async () => {
  const { origin } = await backend(() => `${' '.repeat(5000)}0`);
  const { gate, observer } = openGate({ on_play: [origin] });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({ allowed: true });
  expect(observer.deliveries[0]?.response?.body).toBe(' '.repeat(4096));
});
