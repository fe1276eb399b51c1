import { describe, expect, test } from 'vitest';
import { requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import { type HookBackends, hooksTo, startBackends } from '../support/hook-backends.ts';
import { picture } from '../support/picture.ts';
import { connectTo, startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { within } from '../support/until.ts';

const STUDIO = 'live?vhost=studio.test';

interface House {
  readonly server: GatecastProcess;
  readonly backends: HookBackends;
  /** The studio, whose hooks go to both backends. */
  readonly studio: { port: number; app: string };
}

/** Two vhosts that ask both backends about everything: the studio in the words of SRS 1, the fans in those of SRS 5. */
function twoVhosts({ at }: HookBackends, directives = 'timeout 1000;'): string {
  const origins = [at['one'] ?? '', at['two'] ?? ''];
  return `
    vhost studio.test { ${hooksTo(origins, 'studio', directives)} }
    vhost fans.test { ${hooksTo(origins, 'fans', `schema srs5; ${directives}`)} }`;
}

async function openHouse(conf = twoVhosts): Promise<House> {
  const backends = stopped(await startBackends('one', 'two'));
  const server = stopped(await startGatecast(conf(backends)));
  return { server, backends, studio: { port: server.port, app: STUDIO } };
}

/** What makes an event one of its kind, at the end of each body. */
const stamp = {
  event_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  event_time: expect.any(Number),
  event_seq: expect.any(Number),
};

describe('the order and the words of hooks', () => {
  test('publish and its end are POSTed to both URLs of each hook, one after the other', async () => {
    const { backends, studio } = await openHouse();

    const publisher = await startPublishing('cam?token=t', studio);
    publisher.stop();

    await backends.received(8);
    expect(backends.order).toEqual([
      'one on_connect',
      'two on_connect',
      'one on_publish',
      'two on_publish',
      'one on_unpublish',
      'two on_unpublish',
      'one on_close',
      'two on_close',
    ]);
    expect(backends.posts.map((post) => post.url)).toEqual(
      backends.posts.map((post) => `/studio/${post.action}`),
    );
  });

  test('play and its end say who plays what, in the fields of SRS 1', async () => {
    const { backends, studio } = await openHouse();

    const player = await startPlaying('cam?token=t', {
      ...studio,
      properties: { pageUrl: 'http://example.com/watch' },
    });
    player.stop();

    const posts = (await backends.received(8)).filter((post) => post.backend === 'two');
    const client = { client_id: 1, ip: '127.0.0.1', vhost: 'studio.test', app: 'live' };
    const url = {
      tcUrl: `rtmp://127.0.0.1:${studio.port}/${STUDIO}`,
      pageUrl: 'http://example.com/watch',
    };
    const server = {
      server_id: expect.stringMatching(/^vid-\w{7}$/),
      service_id: expect.stringMatching(/^\w{8}$/),
    };
    const stream = { stream: 'cam', param: '?token=t&vhost=studio.test' };
    const ended = { reason: 'client', duration_ms: expect.any(Number) };
    const bytes = { send_bytes: expect.any(Number), recv_bytes: expect.any(Number) };
    const expected = [
      {
        action: 'on_connect',
        ...client,
        ...url,
        stream: '',
        param: '?vhost=studio.test',
        ...server,
        ...stamp,
      },
      { action: 'on_play', ...client, ...stream, ...url, ...server, ...stamp },
      { action: 'on_stop', ...client, ...stream, ...url, ...server, ...ended, ...bytes, ...stamp },
      {
        action: 'on_close',
        ...client,
        ...bytes,
        stream: '',
        param: '?vhost=studio.test',
        ...url,
        ...server,
        ...ended,
        ...stamp,
      },
    ];
    expect(posts.map((post) => post.body)).toEqual(expected);
    expect(posts.map((post) => Object.keys(post.body))).toEqual(expected.map((body) => Object.keys(body)));
    expect(posts[0]?.text).toBe(JSON.stringify(posts[0]?.body));
  });

  test('schema srs5 asks on_connect when the stream is named, with a string id and stream_url', async () => {
    const { backends, server } = await openHouse();
    const fans = { port: server.port, app: 'live', host: 'fans.test' };

    const session = stopped({ ...(await connectOnly(fans)) }).session;
    expect(backends.posts).toEqual([]);
    await session.publish('cam?token=t');
    session.close();

    const posts = (await backends.received(8)).filter((post) => post.backend === 'one');
    const ids = { server_id: expect.stringMatching(/^vid-/), service_id: expect.any(String) };
    const client = {
      client_id: expect.stringMatching(/^[a-z0-9]{8}$/),
      ip: '127.0.0.1',
      vhost: 'fans.test',
      app: 'live',
    };
    const tcUrl = `rtmp://fans.test:${server.port}/live`;
    const stream = { stream: 'cam', param: '?token=t' };
    const page = { pageUrl: '' };
    const path = { stream_url: 'fans.test/live/cam', stream_id: expect.any(String) };
    const ended = { reason: 'client', duration_ms: expect.any(Number) };
    const bytes = { send_bytes: expect.any(Number), recv_bytes: expect.any(Number) };
    const expected = [
      { ...ids, action: 'on_connect', ...client, ...stream, tcUrl, ...page, ...stamp },
      { ...ids, action: 'on_publish', ...client, tcUrl, ...stream, ...path, ...page, ...stamp },
      {
        ...ids,
        action: 'on_unpublish',
        ...client,
        tcUrl,
        ...stream,
        ...path,
        ...page,
        ...ended,
        ...bytes,
        ...stamp,
      },
      { ...ids, action: 'on_close', ...client, ...bytes, ...stream, tcUrl, ...page, ...ended, ...stamp },
    ];
    expect(posts.map((post) => post.body)).toEqual(expected);
    expect(posts.map((post) => Object.keys(post.body))).toEqual(expected.map((body) => Object.keys(body)));
    expect(new Set(posts.map((post) => post.body['client_id'])).size).toBe(1);
  });

  test.each([
    ['the server field has the vhost and the key a token', 'live?vhost=studio.test', 'cam?token=t'],
    ['the server field has a token and the key the vhost', 'live?token=t', 'cam?vhost=studio.test'],
    ['the key has both', 'live', 'cam?vhost=studio.test&token=t'],
  ])('the vhost meets its own hooks when %s', async (_how, app, name) => {
    const conf = (backends: HookBackends) => `
      ${twoVhosts(backends)}
      vhost __defaultVhost__ { ${hooksTo([backends.at['one'] ?? ''], 'default')} }`;
    const { backends, server } = await openHouse(conf);

    stopped(await startPublishing(name, { port: server.port, app }));

    const publishes = await backends.received(2, 'on_publish');
    expect(publishes.map((post) => [post.url, post.body['vhost'], post.body['stream']])).toEqual([
      ['/studio/on_publish', 'studio.test', 'cam'],
      ['/studio/on_publish', 'studio.test', 'cam'],
    ]);
    expect(new Set(String(publishes[0]?.body['param']).slice(1).split('&'))).toEqual(
      new Set(['token=t', 'vhost=studio.test']),
    );
    expect(backends.posts.filter((post) => post.url === '/studio/on_connect')).toHaveLength(2);
  });

  test('a vhost named in the key alone is found where the host is no vhost and there is no default one', async () => {
    const { backends, server } = await openHouse(twoVhosts);
    stopped(await startPublishing('cam?vhost=studio.test', { port: server.port, app: 'live' }));
    const publishes = await backends.received(2, 'on_publish');
    expect(publishes.map((post) => post.body['vhost'])).toEqual(['studio.test', 'studio.test']);
  });
});

describe('a refusal', () => {
  test('by the second URL: the first was asked, nothing after it is, and the client hears why', async () => {
    const three = ({ at }: HookBackends) => `
      vhost studio.test { http_hooks { enabled on;
        on_publish ${at['one']}/first ${at['two']}/second ${at['one']}/third;
        on_unpublish ${at['one']}/ended;
      } }`;
    const { backends, studio, server } = await openHouse(three);
    backends.reply('two', 'on_publish', '{"code":403,"message":"this key has expired"}');

    await expect(startPublishing('cam?token=old', studio)).rejects.toMatchObject({
      code: 'NetStream.Publish.Denied',
      message: expect.stringContaining('this key has expired'),
    });

    await server.logged('connection closed');
    expect(backends.posts.map((post) => post.url)).toEqual(['/first', '/second']);
    expect(await server.logged('gate refused')).toMatchObject({
      level: 'info',
      action: 'on_publish',
      reason: expect.stringContaining('code 403'),
    });
  });

  test('of on_connect is the answer to connect, and on_close follows', async () => {
    const { backends, studio } = await openHouse();
    backends.reply('one', 'on_connect', '{"code":7,"message":"not today"}');

    await expect(connectTo(studio)).rejects.toMatchObject({
      code: 'NetConnection.Connect.Rejected',
      message: expect.stringContaining('not today'),
    });

    await backends.received(2, 'on_close');
    expect(backends.order).toEqual(['one on_connect', 'one on_close', 'two on_close']);
    expect(backends.posts.at(-1)?.body).toMatchObject({ reason: 'refused' });
  });

  test('of on_play leaves no on_stop behind', async () => {
    const { backends, studio } = await openHouse();
    backends.reply('two', 'on_play', '{"code":7,"message":"members alone"}');

    await expect(startPlaying('cam', studio)).rejects.toMatchObject({
      code: 'NetStream.Play.Failed',
      message: expect.stringContaining('members alone'),
    });

    await backends.received(2, 'on_close');
    expect(backends.posts.some((post) => post.action === 'on_stop')).toBe(false);
  });

  test.each([
    ['status 500', { status: 500, body: '0' }],
    ['status 204', { status: 204 }],
    ['an empty body', ''],
    ['the word ok', 'ok'],
    ['{"code":"0"}', '{"code":"0"}'],
  ] as const)('is what %s means', async (_what, reply) => {
    const { backends, studio } = await openHouse();
    backends.reply('one', 'on_publish', reply);

    await expect(startPublishing('cam', studio)).rejects.toMatchObject({ code: 'NetStream.Publish.Denied' });
    expect(backends.order).not.toContain('two on_publish');
  });

  test('is what a backend that nobody runs means, when the time for all URLs together is over', async () => {
    const { backends, studio, server } = await openHouse();
    await backends.kill('two');

    await expect(connectTo(studio)).rejects.toThrow('Connect.Rejected');

    expect(await server.logged('gate refused')).toMatchObject({
      level: 'warn',
      action: 'on_connect',
      reason: expect.stringContaining('(last: refused the connection)'),
    });
  });

  test('is what silence means, when the time for all URLs together is over', async () => {
    const { backends, studio } = await openHouse();
    backends.reply('two', 'on_play', 'hang');
    const session = await connectTo(studio);
    const began = performance.now();

    await expect(session.play('cam', () => undefined)).rejects.toMatchObject({
      code: 'NetStream.Play.Failed',
    });

    const waited = performance.now() - began;
    expect(waited).toBeGreaterThan(900);
    expect(waited).toBeLessThan(2500);
  });

  test('of newcomers leaves running streams alone when the backends die', async () => {
    const { backends, studio } = await openHouse();
    const publisher = stopped(await startPublishing('cam', studio));
    const player = stopped(await startPlaying('cam', studio));
    publisher.send(...picture.stream(10));
    const before = (await player.hasMedia(22)).length;
    await Promise.all([backends.kill('one'), backends.kill('two')]);

    await expect(startPlaying('cam', studio)).rejects.toThrow('Connect.Rejected');

    for (let i = 10; i < 30; i++) publisher.send(...picture.moment(i));
    await player.hasMedia(before + 40);
    expect(player.media.at(-1)).toMatchObject({ timestamp: 29 * 40 });
  });
});

describe('real ffmpeg that is refused', () => {
  const silence = ['-f', 'lavfi', '-i', 'sine', '-c:a', 'aac', '-f', 'flv'];

  test.for([
    ['on_connect', silence, 'the house is full'],
    ['on_publish', silence, 'this key has expired'],
    ['on_play', undefined, 'members alone'],
  ] as const)('%s: it prints the reason and exits at once', async ([action, publishing, reason], context) => {
    requiredFfmpeg(context);
    const { backends, server } = await openHouse();
    backends.reply('one', action, JSON.stringify({ code: 403, message: reason }));
    const url = server.url(`${STUDIO}/cam`);
    const began = performance.now();

    const ffmpeg = stopped(
      startFfmpeg(...(publishing ? [...publishing, url] : ['-i', url, '-f', 'null', '-'])),
    );

    expect(await ffmpeg.end()).not.toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(ffmpeg.stderr).toContain(reason);
    await backends.received(2, 'on_close');
    expect(backends.order.filter((post) => post === 'one on_connect')).toHaveLength(1);
  });
});

describe('SIGTERM', () => {
  test('delivers the closing hooks of every client, slow backend or not, and exits with 0', async () => {
    const { backends, studio, server } = await openHouse();
    const publisher = await startPublishing('cam', studio);
    publisher.send(...picture.stream(5));
    const players = await Promise.all(Array.from({ length: 20 }, () => startPlaying('cam', studio)));

    server.child.kill('SIGTERM');

    expect(await server.child.end()).toBe(0);
    const closing = backends.posts.filter((post) => /on_(unpublish|stop|close)/.test(post.action));
    const count = (action: string) =>
      new Set(
        closing
          .filter((post) => post.action === action)
          .map((post) => `${post.backend} ${post.body['client_id']}`),
      ).size;
    expect([count('on_unpublish'), count('on_stop'), count('on_close')]).toEqual([2, 40, 42]);
    expect(closing).toHaveLength(84);
    expect(new Set(closing.map((post) => post.body['reason']))).toEqual(new Set(['shutdown']));
    await Promise.all([publisher, ...players].map(({ session }) => session.closed));
    expect(players[0]?.session.lastStatus).toEqual({
      level: 'error',
      code: 'NetConnection.Connect.Closed',
      description: 'The server is stopping.',
    });
  });

  test('waits drain_timeout for a backend that hangs, says what is left and exits', async () => {
    const conf = (backends: HookBackends) => `drain_timeout 500; ${twoVhosts(backends, 'timeout 5000;')}`;
    const { backends, studio, server } = await openHouse(conf);
    backends.reply('one', 'on_close', 'hang');
    await startPublishing('cam', studio);

    server.child.kill('SIGTERM');

    expect(await server.child.end()).toBe(0);
    expect(server.log.find((line) => /kept for the next start/.test(line.msg))).toMatchObject({ left: 1 });
  });

  test('twice exits at once, and says that closing hooks are lost', async () => {
    const { backends, studio, server } = await openHouse((all) => twoVhosts(all, 'timeout 5000;'));
    backends.reply('one', 'on_unpublish', 'hang');
    await startPublishing('cam', studio);
    server.child.kill('SIGTERM');
    await backends.received(1, 'on_unpublish');

    server.child.kill('SIGTERM');

    expect(await server.child.end()).toBe(1);
    expect(server.log.at(-1)).toMatchObject({
      level: 'warn',
      msg: expect.stringContaining('stopping now'),
    });
  });
});

describe('SIGHUP', () => {
  test('with a file that is wrong changes nothing and names the line', async () => {
    const { backends, studio, server } = await openHouse();

    const line = await server.reload('vhost studio.test {\n  http_hoks { }\n}');

    expect(line).toMatchObject({ level: 'error', msg: 'reload refused, old configuration stays' });
    // The first line is the "listen" that startGatecast adds.
    expect(line['errors']).toEqual([expect.stringContaining(`${server.confFile}:3:3: `)]);
    stopped(await startPublishing('cam', studio));
    expect(backends.order).toContain('two on_publish');
  });

  test('gives newcomers the new hooks, and leaves those who are in with the old ones', async () => {
    const { backends, studio, server } = await openHouse();
    const publisher = await startPublishing('cam', studio);
    const { at } = backends;

    await server.reload(`
      vhost studio.test { http_hooks { enabled on; on_play ${at['one']}/new; } }
      vhost fans.test { ${hooksTo([at['one'] ?? ''], 'fans')} }`);
    backends.forget();

    stopped(await startPlaying('cam', studio));
    expect(backends.posts.map((post) => post.url)).toEqual(['/new']);
    publisher.stop();
    await backends.received(5);
    expect(backends.order.slice(1)).toEqual([
      'one on_unpublish',
      'two on_unpublish',
      'one on_close',
      'two on_close',
    ]);
  });

  test('shows out the clients of a vhost that is gone, with their closing hooks', async () => {
    const { backends, studio, server } = await openHouse();
    const fans = { port: server.port, app: 'live?vhost=fans.test' };
    const staying = stopped(await startPlaying('cam', fans));
    const going = await startPublishing('cam', studio);
    backends.forget();

    await server.reload(`vhost fans.test { ${hooksTo([backends.at['one'] ?? ''], 'fans')} }`);

    await within('the end of the connection', going.session.closed);
    expect(going.session.lastStatus?.description).toContain('studio.test was removed');
    await backends.received(4);
    expect(backends.posts.map((post) => [post.action, post.body['reason']])).toEqual([
      ['on_unpublish', 'kicked'],
      ['on_unpublish', 'kicked'],
      ['on_close', 'kicked'],
      ['on_close', 'kicked'],
    ]);
    await expect(connectTo(studio)).rejects.toThrow('studio.test is not configured');
    const publisher = stopped(await startPublishing('cam', fans));
    publisher.send(...picture.stream(3));
    await staying.hasMedia(8);
  });

  test('moves to another port without dropping anybody', async () => {
    const { backends, studio, server } = await openHouse();
    const publisher = stopped(await startPublishing('cam', studio));
    const player = stopped(await startPlaying('cam', studio));

    // Another spelling of "any port of this machine" is another listener.
    const line = await server.reload(`listen 127.0.0.2:0;\n${twoVhosts(backends)}`);

    expect(line).toMatchObject({ listen: [{ host: '127.0.0.2' }] });
    publisher.send(...picture.stream(5));
    await player.hasMedia(12);
    await expect(connectTo(studio)).rejects.toThrow('ECONNREFUSED');
  });

  test('to a port that is taken changes nothing', async () => {
    const { backends, studio, server } = await openHouse();
    const taken = new URL(backends.at['one'] ?? '').port;

    const line = await server.reload(`listen 127.0.0.1:${taken};\n${twoVhosts(backends)}`);

    expect(line).toMatchObject({
      level: 'error',
      errors: [expect.stringContaining('another program has this port')],
    });
    stopped(await startPublishing('cam', studio));
  });
});

async function connectOnly(destination: Parameters<typeof connectTo>[0]) {
  const session = await connectTo(destination);
  return { session, stop: () => session.close() };
}
