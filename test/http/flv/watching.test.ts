import { describe, expect, test } from 'vitest';
import { STALL_TIMEOUT_MS } from '../../../src/clients/connected-client.ts';
import { MAX_EARLY_BATCHES, MAX_VIEWER_BYTES, PONG_TIMEOUT_MS } from '../../../src/http/flv/flv-player.ts';
import { refused } from '../../support/fake-gate.ts';
import { PLAY, REMUX, vhost } from '../../support/options.ts';
import { flv } from '../../support/say.ts';
import { until } from '../../support/until.ts';
import { OPENING_LINES, opening, packet, startWebServer } from '../../support/web-server.ts';
import { ask, FlvViewer, maskedFrame, requestOf, WebClient } from '../../support/web-viewer.ts';

/** As much as a client of the tests may send at once. */
const MEGABYTE = 'f'.repeat(1_000_000);

const remuxed = (httpRemux: Partial<typeof REMUX>) => [vhost({ httpRemux: { ...REMUX, ...httpRemux } })];

describe.each(['http', 'websocket'] as const)('over %s', (way) => {
  test('a viewer gets what is published, from the newest keyframe on', async () => {
    const { publish, watch } = await startWebServer();
    const publisher = await publish();
    publisher.send(packet.metadata(), ...opening());
    const viewer = await watch[way]('/live/cam.flv');
    expect(await viewer.has(6)).toEqual(['data@0 metadata', ...OPENING_LINES]);
    publisher.send(packet.frame('f2', 80));
    expect((await viewer.has(7)).at(-1)).toBe('video@80 f2');
    expect(viewer.announced).toEqual({ hasAudio: true, hasVideo: true });
  });

  test('a viewer waits for a stream that is not there yet, and stays when it comes again', async () => {
    const { publish, watch } = await startWebServer();
    const viewer = await watch[way]('/live/cam.flv');
    const first = await publish();
    first.send(...opening());
    expect(await viewer.has(5)).toEqual(OPENING_LINES);
    first.stop();
    await first.session.closed;
    const second = await until('the name to be free', () => publish().catch(() => undefined));
    second.send(...opening());
    expect((await viewer.has(10)).slice(5)).toEqual([
      'video@50 avc',
      'audio@50 aac',
      'video@50 k1',
      'audio@60 s1',
      'video@90 f1',
    ]);
  });

  test('a viewer is told that the stream is over when its publisher has unpublished and nobody has come', async () => {
    const { clock, gate, publish, watch } = await startWebServer();
    const viewer = await watch[way]('/live/cam.flv');
    const publisher = await publish();
    publisher.send(...opening());
    await viewer.has(5);
    publisher.session.notify(0, 'deleteStream', null, publisher.streamId);
    await until('the end of the publish', () => gate.log.includes('tell on_unpublish cam client'));
    clock.advance(4_999);
    expect(viewer.client.closed).toBe(false);
    clock.advance(1);
    if (way === 'http') {
      await until('the whole answer', () => viewer.lines.length === 5 && viewer.ended);
    } else {
      const frame = await until(
        'the close frame',
        () => viewer.lines.length === 5 && viewer.control.find(({ opcode }) => opcode === 8),
      );
      expect(frame.payload.readUInt16BE(0)).toBe(1000);
      expect(`${frame.payload.subarray(2)}`).toBe('The stream is over: its publisher has left.');
    }
    await until('its closing event', () => gate.log.includes('tell on_stop cam unpublish'));
  });

  test('a viewer is asked about and told of, and nothing else is', async () => {
    const { gate, watch, server } = await startWebServer();
    const viewer = await watch[way]('/live/north/cam.flv?token=a%2Fb', { referer: 'https://example.com/' });
    expect(server.connections).toBe(1);
    viewer.client.socket.destroy();
    await until('its end', () => gate.told.length === 1);
    const facts = {
      vhost: '__defaultVhost__',
      app: 'live/north',
      stream: 'cam',
      param: '?token=a%2Fb',
      tcUrl: 'rtmp://__defaultVhost__/live/north',
      pageUrl: 'https://example.com/',
    };
    expect(gate.log).toEqual(['ask on_play cam', 'tell on_stop cam client']);
    expect(gate.asked[0]).toMatchObject({ ...facts, client: { number: 1, ip: '127.0.0.1' } });
    expect(gate.told[0]).toMatchObject({ ...facts, client: { number: 1 }, reason: 'client' });
    expect(gate.told[0]?.recvBytes).toBeGreaterThan(80);
    await until('nobody to be here', () => server.connections === 0);
  });

  test('its end counts what it was sent', async () => {
    const { gate, publish, watch, clock } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch[way]('/live/cam.flv');
    publisher.send(packet.avcConfig(), packet.keyframe('k'.repeat(100_000), 0));
    await viewer.has(2);
    clock.advance(1_500);
    viewer.client.socket.destroy();
    await until('its end', () => gate.told.length === 1);
    expect(gate.told[0]?.durationMs).toBe(1_500);
    expect(gate.told[0]?.sendBytes).toBeGreaterThan(100_000);
    expect(gate.told[0]?.sendBytes).toBeLessThan(101_000);
  });

  test('a viewer that is refused gets the reason, and nothing of the stream', async () => {
    const { gate, publish, watch, log } = await startWebServer();
    gate.answers('on_play', { allowed: false, message: 'Pay first.', redirect: 'rtmp://b/live/cam' });
    const publisher = await publish();
    publisher.send(...opening());
    const { head, client } = await watch[way]('/live/cam.flv');
    expect(head).toMatchObject({ status: 403, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    const body = await until('the body', () => client.take().toString());
    expect(body).toBe('Pay first: go to rtmp://b/live/cam\n');
    expect(gate.told).toEqual([]);
    expect(log.find(({ message }) => message === 'play refused')?.fields).toMatchObject({
      why: 'Pay first.',
    });
  });

  test('nothing is sent before the answer is there', async () => {
    const { gate, publish, watch } = await startWebServer();
    gate.keepsWaiting('on_play');
    const publisher = await publish();
    publisher.send(...opening());
    const watching = watch[way]('/live/cam.flv');
    const question = await gate.question();
    question.answer({ allowed: true });
    expect(await (await watching).has(5)).toEqual(OPENING_LINES);
  });

  test('a viewer plays what its backend names', async () => {
    const { gate, publish, watch } = await startWebServer();
    gate.answers('on_play', { allowed: true, grant: { stream: 'cam' } });
    const publisher = await publish();
    publisher.send(...opening());
    const viewer = await watch[way]('/live/secret.flv');
    expect(await viewer.has(5)).toEqual(OPENING_LINES);
    viewer.client.socket.destroy();
    await until('its end', () => gate.told.length === 1);
    expect(gate.told[0]).toMatchObject({ action: 'on_stop', stream: 'cam' });
  });

  test('of more viewers than a publisher may have the last is refused, of whatever protocol', async () => {
    const { gate, publish, watch } = await startWebServer();
    gate.answers('on_publish', { allowed: true, grant: { maxViewers: 1 } });
    await publish();
    const first = await watch.http('/live/cam.flv');
    expect((await watch[way]('/live/cam.flv')).head.status).toBe(403);
    first.client.socket.destroy();
    await until('the place to be free', () => gate.told.length === 1);
    expect((await watch[way]('/live/cam.flv')).head.status).toBeLessThan(300);
  });

  test('a backend is told of a stream that is not there', async () => {
    const { gate, watch } = await startWebServer();
    gate.hears('on_not_found');
    await watch[way]('/live/cam.flv');
    await until('the notice', () => gate.noticed.length === 1);
    expect(gate.noticed[0]).toMatchObject({ action: 'on_not_found', stream: 'cam' });
  });

  test('a viewer leaves when the time that it was granted is over', async () => {
    const { gate, watch, clock, log } = await startWebServer();
    gate.answers('on_play', { allowed: true, grant: { maxDurationMs: 2_000 } });
    const { client } = await watch[way]('/live/cam.flv');
    clock.advance(3_000);
    await until('the end', () => client.closed || client.socket.readableEnded || gate.told.length === 1);
    expect(gate.told[0]).toMatchObject({ action: 'on_stop', reason: 'limit' });
    expect(log.find(({ message }) => message === 'play ended')?.fields).toMatchObject({
      protocol: way === 'http' ? 'http-flv' : 'ws-flv',
      reason: 'limit',
      why: 'The 2 granted seconds are over.',
    });
  });

  test('a viewer that is no longer welcome leaves', async () => {
    const { gate, watch, clock } = await startWebServer();
    gate.answers('on_update', refused('Enough.'));
    await watch[way]('/live/cam.flv');
    clock.advance(31_000);
    await until('the end', () => gate.told.length === 1);
    expect(gate.told[0]).toMatchObject({ reason: 'kicked' });
    const [question] = gate.asked.filter(({ action }) => action === 'on_update');
    expect(question).toMatchObject({ role: 'play', stream: 'cam' });
  });

  test('a viewer of a vhost that is gone after a reload is shown out, another stays', async () => {
    const vhosts = [vhost({ name: 'a.example' }), vhost({ name: 'b.example' })];
    const { server, config, gate, watch } = await startWebServer({ vhosts });
    await watch[way]('/live/cam.flv', { host: 'a.example' });
    const other = await watch[way]('/live/cam.flv', { host: 'b.example' });
    await server.reload({ ...config, vhosts: vhosts.slice(1) });
    await until('the end', () => gate.told.length === 1);
    expect(gate.told[0]).toMatchObject({ vhost: 'a.example', reason: 'kicked' });
    expect(other.client.closed).toBe(false);
    expect((await watch[way]('/live/cam.flv', { host: 'a.example' })).head.status).toBe(404);
  });

  test('a viewer that comes while the server stops is not let in, and one that is there is shown out', async () => {
    const { server, gate, watch } = await startWebServer();
    const { client } = await watch[way]('/live/cam.flv');
    gate.keepsWaiting('on_play');
    const late = watch[way]('/live/cam.flv');
    await gate.question();
    await server.stop();
    const { head } = await late;
    expect(head.status).toBe(503);
    await until('the end', () => client.closed);
    expect(gate.told.map(({ action, reason }) => `${action} ${reason}`)).toEqual(['on_stop shutdown']);
  });

  test('a viewer that takes nothing is closed after STALL_TIMEOUT_MS', async () => {
    const { gate, publish, watch, clock } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch[way]('/live/cam.flv');
    viewer.client.socket.pause();
    publisher.send(packet.avcConfig(), packet.keyframe('k1', 0));
    for (let frame = 1; frame <= 16; frame++) {
      publisher.send(packet.frame(MEGABYTE, 40 * frame));
      await publisher.session.call('_checkbw', null);
    }
    const ended = await until('the end', () => {
      clock.advance(1_000);
      return gate.told.find(({ action }) => action === 'on_stop');
    });
    expect(ended.reason).toBe('timeout');
    expect(ended.durationMs).toBeGreaterThan(STALL_TIMEOUT_MS);
  });

  test('one that is too slow skips to a keyframe and goes on, and nobody waits for it', async () => {
    const play = { ...PLAY, gopCache: false, queueLengthMs: 1_000 };
    const { publish, watch, clock } = await startWebServer({ vhosts: [vhost({ play })] });
    const publisher = await publish();
    const slow = await watch[way]('/live/cam.flv');
    const quick = await watch[way]('/live/cam.flv');
    slow.client.socket.pause();
    publisher.send(packet.avcConfig(), packet.keyframe('k1', 0));
    for (let frame = 1; frame <= 24; frame++) {
      publisher.send(packet.frame(MEGABYTE, 40 * frame));
      await quick.has(2 + frame);
      clock.advance(1_000);
    }
    slow.client.socket.resume();
    let time = 1_000;
    const lines = await until('a later keyframe', () => {
      time += 40;
      publisher.send(packet.keyframe('k2', time));
      return slow.lines.some((line) => line.endsWith(' k2')) && slow.lines;
    });
    const again = lines.findIndex((line) => line.endsWith(' k2'));
    expect(lines[again - 1]).toMatch(/ avc$/);
    expect(again).toBeLessThan(24);
  });

  test.each([
    ['sound alone', [packet.aacConfig(), packet.sound('s1', 0)], { hasAudio: true, hasVideo: false }],
    ['a picture alone', [packet.avcConfig(), packet.keyframe('k1', 0)], { hasAudio: false, hasVideo: true }],
  ])('%s is announced so, whoever came first', async (_what, packets, announced) => {
    const { publish, watch } = await startWebServer();
    const early = await watch[way]('/live/cam.flv');
    const publisher = await publish();
    publisher.send(packet.metadata());
    await until('the metadata to have arrived', () => publisher.session.call('_checkbw', null));
    publisher.send(...packets);
    await early.has(3);
    const late = await watch[way]('/live/cam.flv');
    publisher.send(...packets);
    for (const viewer of [early, late]) {
      await viewer.has(3);
      expect(viewer.announced).toEqual(announced);
    }
  });

  test('data alone goes out, announced as what it might become', async () => {
    const { publish, watch } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch[way]('/live/cam.flv');
    for (let batch = 0; batch < MAX_EARLY_BATCHES; batch++) {
      publisher.send({ ...packet.metadata(), timestamp: batch });
      await publisher.session.call('_checkbw', null);
    }
    expect(await viewer.has(MAX_EARLY_BATCHES)).toHaveLength(MAX_EARLY_BATCHES);
    expect(viewer.announced).toEqual({ hasAudio: true, hasVideo: true });
  });

  test.each([
    ['has_audio off', { hasAudio: false }, { hasAudio: false, hasVideo: true }, ['avc', 'k1', 'f1']],
    ['has_video off', { hasVideo: false }, { hasAudio: true, hasVideo: false }, ['aac', 's1']],
    [
      'has_audio off and drop_if_not_match off',
      { hasAudio: false, dropIfNotMatch: false },
      { hasAudio: false, hasVideo: true },
      ['avc', 'aac', 'k1', 's1', 'f1'],
    ],
  ])('%s', async (_what, remux, announced, names) => {
    const { publish, watch } = await startWebServer({ vhosts: remuxed(remux) });
    const publisher = await publish();
    const viewer = await watch[way]('/live/cam.flv');
    publisher.send(...opening());
    const lines = await viewer.has(names.length);
    expect(lines.map((line) => line.replace(/.* /, ''))).toEqual(names);
    expect(viewer.announced).toEqual(announced);
  });

  test('guess_has_av off announces what the configuration says', async () => {
    const { publish, watch } = await startWebServer({ vhosts: remuxed({ guessHasAv: false }) });
    const publisher = await publish();
    const viewer = await watch[way]('/live/cam.flv');
    publisher.send(packet.aacConfig(), packet.sound('s1', 0));
    await viewer.has(2);
    expect(viewer.announced).toEqual({ hasAudio: true, hasVideo: true });
  });

  test('where http_remux is off there is nothing, and nobody is asked', async () => {
    const { gate, watch } = await startWebServer({ vhosts: remuxed({ enabled: false }) });
    expect((await watch[way]('/live/cam.flv')).head.status).toBe(404);
    expect(gate.asked).toEqual([]);
  });

  test.each([
    '/live/cam%3Fvhost=x.flv',
    '/live/a%20b.flv',
    '/live/cam%23.flv',
    '/_definst_/cam.flv',
    '/live/cam.flv/',
    '/live,vhost=x/cam.flv',
  ])('the path %s names nothing that RTMP could', async (path) => {
    const { gate, watch } = await startWebServer();
    expect((await watch[way](path)).head.status).toBe(404);
    expect(gate.asked).toEqual([]);
  });
});

describe('over http', () => {
  test('the head says that there is no end yet', async () => {
    const { watch } = await startWebServer();
    const { head } = await watch.http('/live/cam.flv');
    expect(head.status).toBe(200);
    expect(head.headers).toMatchObject({
      'content-type': 'video/x-flv',
      'cache-control': 'no-store',
      'transfer-encoding': 'chunked',
      connection: 'close',
      'access-control-allow-origin': '*',
    });
    expect(head.headers).not.toHaveProperty('content-length');
  });

  test('the end is told from a broken connection', async () => {
    const { publish, watch, server } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch.http('/live/cam.flv');
    publisher.send(...opening());
    await viewer.has(5);
    await server.stop();
    await until('the end', () => viewer.client.closed);
    expect(viewer.lines).toEqual(OPENING_LINES);
    expect(viewer.ended).toBe(true);
  });

  test('a client of HTTP/1.0 gets FLV and nothing around it', async () => {
    const { publish, port } = await startWebServer();
    const publisher = await publish();
    const client = await WebClient.connect(port);
    client.write('GET /live/cam.flv HTTP/1.0\r\n\r\n');
    const head = await client.head();
    expect(head.headers).not.toHaveProperty('transfer-encoding');
    publisher.send(...opening());
    const viewer = new FlvViewer(client, head);
    expect(await viewer.has(5)).toEqual(OPENING_LINES);
    client.socket.destroy();
  });

  test('a HEAD is answered without a question', async () => {
    const { gate, port } = await startWebServer();
    const { client, head } = await ask(port, '/live/cam.flv', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, headers: { 'content-type': 'video/x-flv' } });
    expect(await client.rest()).toBe('');
    expect(gate.asked).toEqual([]);
  });

  test('whoever asks more over a connection that plays is cut off', async () => {
    const { gate, watch } = await startWebServer();
    const { client } = await watch.http('/live/cam.flv');
    client.write(requestOf('/live/cam.flv'));
    await until('the end', () => client.closed);
    await until('its end', () => gate.told.length === 1);
    expect(gate.log).toEqual(['ask on_play cam', 'tell on_stop cam client']);
  });

  test('so is who asks twice at once, before anything is sent', async () => {
    const { gate, watch } = await startWebServer();
    gate.keepsWaiting('on_play');
    const watching = watch.http('/live/cam.flv', {
      host: `x\r\n\r\n${requestOf('/live/cam.flv').slice(0, -4)}`,
    });
    await expect(watching).rejects.toThrow('closed after ""');
    expect(gate.asked).toHaveLength(1);
    expect(gate.told).toEqual([]);
  });
});

describe('over websocket', () => {
  test('a viewer that says goodbye has gone', async () => {
    const { gate, watch } = await startWebServer();
    const viewer = await watch.websocket('/live/cam.flv');
    viewer.client.write(maskedFrame(8, Buffer.of(3, 232)));
    await until('its end', () => gate.told.length === 1);
    expect(viewer.lines).toEqual([]);
    expect(viewer.control.map(({ opcode }) => opcode)).toEqual([8]);
    expect(gate.told[0]).toMatchObject({ reason: 'client' });
  });

  test('one that is shown out hears why', async () => {
    const { gate, watch, clock } = await startWebServer();
    gate.answers('on_update', refused(`Enough, said ${'é'.repeat(100)}`));
    const viewer = await watch.websocket('/live/cam.flv');
    clock.advance(31_000);
    const close = await until('a close frame', () => {
      return viewer.lines.length === 0 && viewer.control.find(({ opcode }) => opcode === 8);
    });
    expect(close.payload.readUInt16BE(0)).toBe(1008);
    expect(close.payload.toString('utf8', 2)).toMatch(/^Enough, said é+$/);
    clock.advance(3_000);
    await until('the end', () => viewer.client.closed);
  });

  test('a viewer is pinged, and one that does not answer is closed', async () => {
    const { gate, watch, clock } = await startWebServer();
    const silent = await watch.websocket('/live/cam.flv');
    const alive = await watch.websocket('/live/cam.flv');
    clock.advance(PONG_TIMEOUT_MS);
    await until('a ping', () => alive.lines.length === 0 && alive.control.some(({ opcode }) => opcode === 9));
    alive.client.write(maskedFrame(10, Buffer.alloc(0)));
    await until(
      'a ping',
      () => silent.lines.length === 0 && silent.control.some(({ opcode }) => opcode === 9),
    );
    // What the other one says has been read when the server has answered somebody who came later.
    await watch.http('/nothing');
    clock.advance(PONG_TIMEOUT_MS);
    await until('the end', () => silent.client.closed);
    expect(alive.client.closed).toBe(false);
    expect(gate.told.map(({ reason }) => reason)).toEqual(['timeout']);
  });

  test('a viewer that pings is answered, once for all of its pings that came together', async () => {
    const { watch } = await startWebServer();
    const viewer = await watch.websocket('/live/cam.flv');
    const pings = Array.from({ length: 100 }, (_, at) => maskedFrame(9, Buffer.from(`${at}`)));
    viewer.client.write(Buffer.concat(pings));
    const pongs = () =>
      viewer.control.filter(({ opcode }) => opcode === 10).map(({ payload }) => `${payload}`);
    await until('the last pong', () => viewer.lines.length === 0 && pongs().includes('99'));
    expect(pongs()[0]).toBe('0');
    expect(pongs().length).toBeLessThan(10);
  });

  test.each([
    ['pings', maskedFrame(9, Buffer.alloc(0))],
    ['messages', maskedFrame(2, Buffer.alloc(0))],
  ])('a viewer that sends %s without end is cut off', async (_what, frame) => {
    const { gate, watch } = await startWebServer();
    const { client } = await watch.websocket('/live/cam.flv');
    client.write(Buffer.concat(Array.from({ length: MAX_VIEWER_BYTES / frame.length + 1 }, () => frame)));
    await until('the end', () => client.closed);
    await until('its end', () => gate.told.length === 1);
    expect(gate.told.map(({ reason }) => reason)).toEqual(['protocol_error']);
  });

  test('pings stand between messages', async () => {
    const { publish, watch, clock } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch.websocket('/live/cam.flv');
    publisher.send(...opening());
    await viewer.has(5);
    clock.advance(PONG_TIMEOUT_MS);
    const again = await watch.http('/nothing');
    expect(again.head.status).toBe(404);
    await until('a ping', () => viewer.lines.length === 5 && viewer.control.length === 1);
  });

  test.each([
    ['a message that is too long', Buffer.concat([Buffer.of(0x82, 0xfe, 0x10, 0), Buffer.alloc(4)])],
    ['a frame without a mask', Buffer.of(0x82, 1, 0)],
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('a viewer that sends %s is closed', async (_what, bytes) => {
    const { gate, watch } = await startWebServer();
    const { client } = await watch.websocket('/live/cam.flv');
    client.write(bytes);
    await until('the end', () => client.closed);
    await until('its end', () => gate.told.length === 1);
  });

  test('what a viewer says is left alone', async () => {
    const { publish, watch } = await startWebServer();
    const publisher = await publish();
    const viewer = await watch.websocket('/live/cam.flv');
    viewer.client.write(maskedFrame(1, Buffer.from('hello')));
    publisher.send(...opening());
    expect(await viewer.has(5)).toEqual(OPENING_LINES);
  });

  test.each([
    ['another version', { 'sec-websocket-version': '8' }],
    ['no key', { 'sec-websocket-key': '' }],
    ['another protocol', { upgrade: 'h2c' }],
  ])('%s is answered with 400, and nobody is asked', async (_what, headers) => {
    const { gate, watch } = await startWebServer();
    expect((await watch.websocket('/live/cam.flv', headers)).head.status).toBe(400);
    expect(gate.asked).toEqual([]);
  });
});

test('viewers of all protocols see the same', async () => {
  const { publish, watch } = await startWebServer();
  const publisher = await publish();
  const viewers = [await watch.http('/live/cam.flv'), await watch.websocket('/live/cam.flv')];
  publisher.send(...opening(), { type: 9, timestamp: 80, payload: flv.frame('x'.repeat(70_000)) });
  const [http, websocket] = await Promise.all(viewers.map((viewer) => viewer.has(6)));
  expect(http).toEqual(websocket);
});
