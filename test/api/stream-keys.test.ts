import { expect, test } from 'vitest';
import { startBackend } from '../hooks/scripted-backend.ts';
import { follow } from '../support/event-source.ts';
import { connectTo, startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startApi } from './support.ts';

/** A server whose backend has publishers keep their key to themselves: `sesame` is on air as `alice`. */
async function open(schema = 'srs5') {
  const asked: string[] = [];
  const backend = await startBackend(({ body }) => {
    const { action, stream } = JSON.parse(body) as { action: string; stream: string };
    asked.push(`${action} ${stream}`);
    if (action !== 'on_publish') return '0';
    if (stream === 'sesame') return JSON.stringify({ code: 0, data: { stream: 'alice' } });
    if (stream === 'hanging') return undefined;
    return { status: 403, body: JSON.stringify({ code: 1, message: `no key ${stream}` }) };
  });
  stopped({ stop: () => backend.close() });
  const hooks = ['on_connect', 'on_publish', 'on_play', 'on_unpublish', 'on_close']
    .map((hook) => `${hook} ${backend.origin}/h;`)
    .join(' ');
  const api = await startApi(
    'stream_metrics on;',
    `http_server { enabled on; listen 127.0.0.1:0; } vhost __defaultVhost__ {
       http_remux { enabled on; } http_hooks { enabled on; schema ${schema}; ${hooks} }
     }`,
  );
  return {
    ...api,
    asked,
    /** All that anybody who looks can read. */
    async everything() {
      const feed = stopped(await follow(`${api.origin}/api/v2/events?topics=streams,clients,deliveries`));
      const told = [await feed.next('streams'), await feed.next('clients')];
      await feed.stop();
      const paths = ['v1/streams', 'v1/clients', 'v2/streams', 'v2/clients', 'v2/deliveries'];
      const texts = paths.map(async (path) => (await api.ask(`/api/${path}`)).text());
      const metrics = await (await api.ask('/metrics')).text();
      return [...(await Promise.all(texts)), metrics, JSON.stringify(told), JSON.stringify(api.log)].join(
        '\n',
      );
    },
    names: async () =>
      ((await api.json('/api/v2/streams')) as { streams: { name: string }[] }).streams.map(
        ({ name }) => name,
      ),
  };
}

test('a stream that was renamed is seen under its new name alone', async () => {
  const api = await open();
  stopped(await startPublishing('sesame', api));
  expect(await api.names()).toEqual(['alice']);
  const seen = await api.everything();
  expect(seen).toContain('alice');
  expect(seen).not.toContain('sesame');
});

test.each(['srs1', 'srs5'])(
  'a key that stands in the URL of the server is not seen either (%s)',
  async (schema) => {
    const api = await open(schema);
    stopped(await startPublishing('', { port: api.port, app: 'live/sesame?token=t0ps3cret' }));
    expect(await api.names()).toEqual(['alice']);
    const seen = await api.everything();
    expect(seen).toContain('/live/***?token=***');
    expect(seen).not.toContain('sesame');
    expect(seen).not.toContain('t0ps3cret');
  },
);

test('a player that asks for the key shows it to nobody', async () => {
  const api = await open();
  stopped(await startPublishing('sesame', api));
  stopped(await startPlaying('sesame', api));
  expect(await api.names()).toEqual(['alice']);
  expect(await api.json('/api/v2/clients')).toMatchObject({
    clients: [
      { role: 'publish', stream: 'alice' },
      { role: 'play', stream: '***', streamId: null },
    ],
  });
  expect(await api.json('/api/v1/clients')).toMatchObject({
    clients: [{ name: 'alice' }, { name: '***', stream: '' }],
  });
  const abort = new AbortController();
  const viewing = fetch(api.urlOf('http', 'live/sesame.flv'), { signal: abort.signal }).catch(
    () => undefined,
  );
  await until('the viewer', () => api.asked.filter((what) => what === 'on_play sesame').length === 2);
  await until('it plays', () => api.log.filter(({ msg }) => msg === 'play started').length === 2);
  expect(await api.everything()).not.toContain('sesame');
  abort.abort();
  await viewing;
});

test('a name that nobody has let in yet is no stream', async () => {
  const api = await open();
  const waiting = await connectTo(api);
  void waiting.publish('hanging').catch(() => undefined);
  await until('the question', () => api.asked.includes('on_publish hanging'));
  expect(await api.names()).toEqual([]);
  waiting.close();
});

test('where names are keys, one that is refused is a key too', async () => {
  const api = await open();
  stopped(await startPublishing('sesame', api));
  await expect(startPublishing('sesam-open', api)).rejects.toThrow();
  await until('the end', () => api.log.some(({ msg }) => msg === 'gate refused'));
  expect(api.log.find(({ msg }) => msg === 'gate refused')).toMatchObject({
    action: 'on_publish',
    stream: '***',
  });
  const deliveries = await (await api.ask('/api/v2/deliveries')).text();
  expect(deliveries).toContain('on_publish');
  expect(deliveries).not.toContain('sesam-open');
});
