import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { type ConfigControl, RequestError } from '../../src/model/control.ts';
import { startBackend } from '../hooks/scripted-backend.ts';
import { picture } from '../support/picture.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startApi } from './support.ts';

interface Schema {
  readonly $ref?: string;
}
interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** A server with streams and deliveries, and who checks what it says against its own document. */
async function start(inApi = '', configuration?: ConfigControl) {
  const backend = await startBackend(() => '0');
  stopped({ stop: () => backend.close() });
  const hooks = `http_hooks { enabled on; on_publish ${backend.origin}/hook?key=k; on_play ${backend.origin}/play; }`;
  const api = await startApi(inApi, `vhost __defaultVhost__ { ${hooks} }`, { configuration });
  const document = (await api.json('/api/v2/openapi.json')) as Document;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'api');
  const publisher = stopped(await startPublishing('cam', api));
  publisher.send(...picture.stream(60));
  const player = stopped(await startPlaying('cam', api));
  await player.hasMedia(5);

  /** Asks, and expects that status and the body that the document has for it. */
  const expectAnswer = async (
    method: string,
    template: string,
    path: string,
    status: number,
    body?: unknown,
  ) => {
    const answer = await api.change(method, `/api/v2${path}`, body);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    const operation = document.paths[`/api/v2${template}`]?.[method.toLowerCase()];
    const response = operation?.responses[String(status)];
    expect(response, `${method} ${template} is documented with ${status}`).toBeDefined();
    if (!response?.content) return answer.body;
    const pointer = [
      ...['paths', `/api/v2${template}`, method.toLowerCase(), 'responses', String(status)],
      ...['content', 'application/json', 'schema'],
    ];
    const escaped = pointer
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent);
    const validate = ajv.getSchema(`api#/${escaped.join('/')}`);
    expect(validate, `${method} ${template} has a schema for ${status}`).toBeDefined();
    expect(validate?.(answer.body), JSON.stringify(validate?.errors)).toBe(true);
    return answer.body;
  };
  return { ...api, document, publisher, player, expectAnswer };
}

type Known = Readonly<Record<string, never>>;

test('the document is OpenAPI 3.1, and says of every operation what it is', async () => {
  const { document } = await start();
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(15);
  const text = JSON.stringify(document.paths) + JSON.stringify(document.components);
  for (const name of Object.keys(document.components.schemas))
    expect(text, `${name} is used`).toContain(`"#/components/schemas/${name}"`);
  for (const { name, summary, responses } of operations) {
    expect(name).toMatch(/ \/api\/v2\//);
    expect(summary, name).toBeTruthy();
    expect(Object.keys(responses).length, name).toBeGreaterThan(0);
  }
});

test('streams and clients are as the document says, alone and in lists', async () => {
  const { expectAnswer } = await start();
  const { streams } = (await expectAnswer('GET', '/streams', '/streams', 200)) as { streams: Known[] };
  expect(streams).toHaveLength(1);
  expect(streams[0]).toMatchObject({
    url: 'live/cam',
    publishing: true,
    players: 1,
    audio: { codec: 'AAC', sampleRate: 44_100, channels: 2, profile: 'LC' },
    video: { fps: 25, gopMs: 1000 },
    play: { rtmp: expect.stringMatching(/^rtmp:\/\/127\.0\.0\.1:\d+\/live\/cam$/), flv: null, hls: null },
  });
  const id = String(streams[0]?.['id']);
  await expectAnswer('GET', '/streams/{id}', `/streams/${id}`, 200);
  await expectAnswer('GET', '/streams/{id}', '/streams/vid-none', 404);
  const { clients, total } = (await expectAnswer('GET', '/clients', `/clients?stream=${id}`, 200)) as {
    clients: Known[];
    total: number;
  };
  expect(total).toBe(2);
  expect(clients.map(({ role }) => role)).toEqual(['publish', 'play']);
  await expectAnswer('GET', '/clients', '/clients?role=king', 400);
  await expectAnswer('GET', '/clients', '/clients?count=0', 400);
  await expectAnswer('GET', '/clients', '/clients?colour=red', 400);
});

test('the server, its hooks and its deliveries are as the document says', async () => {
  const { expectAnswer } = await start();
  await expectAnswer('GET', '/server', '/server', 200);
  await until('both deliveries', async () => {
    const { deliveries } = (await expectAnswer('GET', '/deliveries', '/deliveries', 200)) as {
      deliveries: Known[];
    };
    return deliveries.length >= 2;
  });
  const { urls } = (await expectAnswer('GET', '/hooks', '/hooks', 200)) as {
    urls: { url: string; outcomes: { allowed: number }; latency: { buckets: { count: number }[] } }[];
  };
  expect(urls.map(({ url }) => url.replace(/:\d+/, ''))).toEqual([
    'http://127.0.0.1/hook?key=***',
    'http://127.0.0.1/play',
  ]);
  for (const { outcomes, latency } of urls) {
    expect(outcomes.allowed).toBe(1);
    expect(latency.buckets.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  }
  const filter = `/deliveries?event=on_publish&outcome=allowed&url=${encodeURIComponent(urls[0]?.url ?? '')}`;
  const found = (await expectAnswer('GET', '/deliveries', filter, 200)) as { deliveries: { id: string }[] };
  expect(found.deliveries).toHaveLength(1);
  const id = found.deliveries[0]?.id ?? '';
  await expectAnswer('GET', '/deliveries/{id}', `/deliveries/${id}`, 200);
  const again = await expectAnswer('POST', '/deliveries/{id}/replay', `/deliveries/${id}/replay`, 200);
  expect(again).toMatchObject({ outcome: 'allowed', attempt: 2 });
  await expectAnswer('GET', '/deliveries/{id}', '/deliveries/none-1', 404);
  await expectAnswer('POST', '/deliveries/{id}/replay', '/deliveries/none-1/replay', 404);
  await expectAnswer('GET', '/deliveries', '/deliveries?outcome=maybe', 400);
});

test('clients are shown out by id, by stream and by address', async () => {
  const { expectAnswer, player, publisher, ...api } = await start();
  const { clients } = (await api.json('/api/v2/clients?role=play')) as { clients: { id: string }[] };
  const path = `/clients/${clients[0]?.id}`;
  expect(await expectAnswer('DELETE', '/clients/{id}', path, 200)).toEqual({ kicked: 1 });
  await player.session.closed;
  await expectAnswer('DELETE', '/clients/{id}', path, 404);
  await expectAnswer('DELETE', '/clients', '/clients', 400);
  expect(await expectAnswer('DELETE', '/clients', '/clients?ip=192.0.2.1', 200)).toEqual({ kicked: 0 });
  const { streams } = (await api.json('/api/v2/streams')) as { streams: { id: string }[] };
  const id = streams[0]?.id;
  expect(await expectAnswer('DELETE', '/streams/{id}', `/streams/${id}`, 200)).toEqual({ kicked: 1 });
  await publisher.session.closed;
  await expectAnswer('DELETE', '/streams/{id}', `/streams/${id}`, 404);
  const one = stopped(await startPlaying('a', api));
  const two = stopped(await startPlaying('b', api));
  expect(await expectAnswer('DELETE', '/clients', '/clients?ip=127.0.0.1', 200)).toEqual({ kicked: 2 });
  await Promise.all([one.session.closed, two.session.closed]);
});

test('a server without a file has no configuration to show', async () => {
  const { expectAnswer } = await start('edit_config on;');
  await expectAnswer('GET', '/config', '/config', 409);
  await expectAnswer('POST', '/config/check', '/config/check', 409, { text: 'listen 1935;' });
  await expectAnswer('PUT', '/config', '/config', 400, { text: 'listen 1935;' });
});

/** A file that holds a text, and takes any but `broken`. */
function fileOf(text: string): ConfigControl {
  const dryRun = {
    ok: true,
    errors: [],
    warnings: ['w'],
    changes: [{ path: 'listen', from: '1', to: null }],
  };
  const broken = { ok: false, errors: ['a.conf:1:1: no'], warnings: [], changes: [] };
  return {
    file: 'a.conf',
    settings: () => [
      { name: 'listen', args: ['1'], origin: { file: 'a.conf', line: 1, column: 1 } },
      { name: 'workers', args: ['2'], origin: { file: 'env SRS_WORKERS', line: 0, column: 0 } },
      { name: 'vhost', args: ['v'], origin: 'default', block: [{ name: 'pid', args: [], origin: 'unset' }] },
    ],
    warnings: () => ['w'],
    read: () => Promise.resolve({ text, etag: 'e' }),
    check: (wanted) => (wanted === 'broken' ? broken : dryRun),
    apply: (wanted, etag) => {
      if (etag !== 'e') return Promise.reject(new RequestError('impossible', 'It has changed.'));
      return Promise.resolve(
        wanted === 'broken' ? { ...broken, applied: false } : { ...dryRun, applied: true },
      );
    },
  };
}

test('the configuration is shown, checked and changed as the document says', async () => {
  const { expectAnswer } = await start('edit_config on;', fileOf('listen 1;'));
  expect(await expectAnswer('GET', '/config', '/config', 200)).toEqual({
    file: 'a.conf',
    editable: true,
    text: 'listen 1;',
    etag: 'e',
    warnings: ['w'],
    settings: [
      { name: 'listen', args: ['1'], block: null, origin: 'file', file: 'a.conf', line: 1 },
      { name: 'workers', args: ['2'], block: null, origin: 'env', file: 'env SRS_WORKERS', line: null },
      {
        name: 'vhost',
        args: ['v'],
        block: [{ name: 'pid', args: [], block: null, origin: 'unset', file: null, line: null }],
        origin: 'default',
        file: null,
        line: null,
      },
    ],
  });
  for (const text of ['listen 2;', 'broken']) {
    const ok = text !== 'broken';
    expect(await expectAnswer('POST', '/config/check', '/config/check', 200, { text })).toMatchObject({ ok });
    const applied = await expectAnswer('PUT', '/config', '/config', 200, { text, etag: 'e' });
    expect(applied).toMatchObject({ ok, applied: ok });
  }
  await expectAnswer('PUT', '/config', '/config', 409, { text: 'listen 2;', etag: 'old' });
  await expectAnswer('POST', '/config/check', '/config/check', 400, { words: '' });
});

test('without edit_config the text is nobody’s business, and cannot be changed', async () => {
  const { expectAnswer } = await start('', fileOf('secret'));
  expect(await expectAnswer('GET', '/config', '/config', 200)).toMatchObject({
    editable: false,
    text: '',
    etag: '',
  });
  await expectAnswer('POST', '/config/check', '/config/check', 409, { text: 'listen 2;' });
  await expectAnswer('PUT', '/config', '/config', 409, { text: 'listen 2;', etag: 'e' });
});

test('what fails in the server is told to nobody but the log', async () => {
  const failing = { ...fileOf(''), read: () => Promise.reject(new Error('the disk is on fire')) };
  const api = await startApi('edit_config on;', undefined, { configuration: failing });
  expect(await api.change('GET', '/api/v2/config')).toEqual({
    status: 500,
    body: { error: 'The server could not answer: its log says why.' },
  });
  expect(api.log.at(-1)).toMatchObject({ method: 'GET', url: '/api/v2/config' });
});

test('what is not there is answered in a sentence', async () => {
  const api = await startApi();
  expect(await api.change('GET', '/api/v2/nothing')).toEqual({
    status: 404,
    body: { error: 'There is nothing at this address.' },
  });
  expect(await api.change('POST', '/api/v2/login', { username: 'a' })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('password') },
  });
});

test('the page to try it loads nothing from elsewhere', async () => {
  const api = await startApi();
  const page = await api.ask('/api/v2/docs/');
  expect(page.status).toBe(200);
  const text = await page.text();
  expect(text).not.toMatch(/(?:src|href)="https?:/);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  for (const [, file = ''] of text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
    expect((await api.ask(`/api/v2/docs/${file}`)).status, file).toBe(200);
});
