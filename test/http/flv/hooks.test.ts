import { describe, expect, test } from 'vitest';
import { hooksTo, startBackends } from '../../support/hook-backends.ts';
import { startServer } from '../../support/running-server.ts';
import { stopped } from '../../support/stopped.ts';
import { ask, upgradeHeaders } from '../../support/web-viewer.ts';

async function start(directives: string) {
  const backends = stopped(await startBackends('b'));
  const { server } = stopped(
    await startServer(`http_server { enabled on; listen 127.0.0.1:0; trusted 127.0.0.1; }
      vhost tv.example { http_remux { enabled on; } ${hooksTo([backends.at['b'] ?? ''], 'hook', directives)} }`),
  );
  const port = server.addresses.find(({ protocol }) => protocol === 'http')?.port ?? 0;
  return { backends, port };
}

const CAME_FROM = {
  host: 'tv.example',
  referer: 'https://example.com/tv',
  'x-forwarded-for': '203.0.113.7',
};

describe.each([
  ['HTTP', {}],
  ['WebSocket', upgradeHeaders()],
])('over %s', (_way, upgrade) => {
  test('a viewer is told of in the fields of SRS: on_play and on_stop, no on_connect and no on_close', async () => {
    const { backends, port } = await start('schema srs5;');
    const { client } = await ask(port, '/live/cam.flv?token=secret', { ...CAME_FROM, ...upgrade });
    client.socket.destroy();
    const [play, stop] = await backends.received(2);
    const who =
      /^\{"server_id":"[^"]+","service_id":"[^"]+","action":"on_(?:play|stop)","client_id":"[a-z0-9]{8}","ip":"203\.0\.113\.7","vhost":"tv\.example","app":"live",/;
    expect(play?.text).toMatch(who);
    expect(play?.text).toContain(
      '"stream":"cam","tcUrl":"rtmp://tv.example/live","param":"?token=secret","pageUrl":"https://example.com/tv","stream_url":"tv.example/live/cam"',
    );
    expect(stop?.text).toMatch(who);
    expect(stop?.text).toContain(
      '"tcUrl":"rtmp://tv.example/live","stream":"cam","param":"?token=secret","stream_url":"tv.example/live/cam"',
    );
    expect(stop?.body).toMatchObject({ client_id: play?.body['client_id'], reason: 'client' });
    expect(backends.order).toEqual(['b on_play', 'b on_stop']);
  });

  test('a refusal of the backend is a 403 with its reason', async () => {
    const { backends, port } = await start('');
    backends.reply('b', 'on_play', '{"code":1,"message":"Pay first."}');
    const { client, head } = await ask(port, '/live/cam.flv', { ...CAME_FROM, ...upgrade });
    expect(head.status).toBe(403);
    expect(client.take().toString()).toContain('Pay first.');
    client.socket.destroy();
    expect(backends.order).toEqual(['b on_play']);
  });
});
