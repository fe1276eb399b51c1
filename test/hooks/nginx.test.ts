import { expect, test } from 'vitest';
import { backend, closingEvent, gateEvent, openGate, staying } from './support.ts';

const formOf = (body: string) => Object.fromEntries(new URLSearchParams(body));

test('a question is a form, and its answer a status', async () => {
  const peer = await backend(({ url }) => ({ status: url === '/no' ? 404 : 204 }));
  const { gate } = openGate(
    { on_publish: [`${peer.origin}/yes`], on_play: [`${peer.origin}/no`] },
    { schema: 'nginx' },
  );
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({ allowed: true });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    message: 'The backend answered with status 404.',
  });
  const [first, second] = peer.received;
  expect(first?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(first?.headers['user-agent']).toBe('Gatecast/0.1.0(nginx)');
  expect(formOf(first?.body ?? '')).toMatchObject({
    call: 'publish',
    app: 'live',
    name: 'cam',
    addr: '203.0.113.9',
    clientid: '7',
    token: 't',
  });
  expect(formOf(second?.body ?? '')).toMatchObject({ call: 'play', name: 'cam' });
});

test('a Location gives the stream another name, or the client another server', async () => {
  const peer = await backend(({ url }) => ({
    status: 302,
    headers: { Location: url === '/name' ? 'alice' : 'rtmp://other.example.com/live' },
  }));
  const { gate } = openGate(
    { on_publish: [`${peer.origin}/name`], on_play: [`${peer.origin}/server`] },
    { schema: 'nginx' },
  );
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({
    allowed: true,
    grant: { stream: 'alice' },
  });
  expect(await gate.authorize(gateEvent('on_play'), staying())).toEqual({
    allowed: false,
    message: 'The stream is elsewhere.',
    redirect: 'rtmp://other.example.com/live',
  });
});

test('on_done is told of every end, after the event of its own', async () => {
  const peer = await backend(() => ({ status: 200 }));
  const { gate, hooks } = openGate(
    {
      on_unpublish: [`${peer.origin}/publish_done`],
      on_close: [`${peer.origin}/disconnect`],
      on_done: [`${peer.origin}/done`],
    },
    { schema: 'nginx' },
  );
  gate.emit(closingEvent('on_unpublish'));
  gate.emit(closingEvent('on_stop'));
  gate.emit(closingEvent('on_close'));
  expect(await hooks.drain(10_000)).toMatchObject({ left: 0 });
  expect(peer.received.map(({ url, body }) => `${url} ${formOf(body)['call']}`)).toEqual([
    '/publish_done publish_done',
    '/done done',
    '/done done',
    '/disconnect disconnect',
  ]);
});

test('under another schema on_done is told the event as it is', async () => {
  const peer = await backend(() => '0');
  const { gate, hooks } = openGate({ on_done: [peer.origin] });
  gate.emit(closingEvent('on_stop'));
  await hooks.drain(10_000);
  expect(JSON.parse(peer.received[0]?.body ?? '')).toMatchObject({ action: 'on_stop', stream: 'cam' });
});

test('what an answer grants and nobody can make sense of is a warning', async () => {
  const peer = await backend(() => '{"code":0,"data":{"max_viewers":"9","stream":"alice"}}');
  const { gate, logger } = openGate({ on_publish: [peer.origin] });
  expect(await gate.authorize(gateEvent('on_publish'), staying())).toEqual({
    allowed: true,
    grant: { stream: 'alice' },
  });
  expect(logger.at('warn')).toMatchObject([
    {
      message: 'hook answer partly ignored',
      fields: {
        reason:
          'data.max_viewers is a JSON string, expected a whole number from 0 to 1000000000: it is ignored',
      },
    },
  ]);
});
