import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { picture } from '../support/picture.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';
import { startApi } from './support.ts';

/** A kind of value, `a|null`, or an object's fields in their order. */
type Shape = string | { readonly [field: string]: Shape };

const KBPS = { recv_30s: 'integer', send_30s: 'integer' };

const typed = (type: string) => (names: string) =>
  Object.fromEntries(names.split(' ').map((name) => [name, type]));
const integers = typed('integer');
const numbers = typed('number');

/** The fields of SRS 7.0.18's answers and their types, as measured on a running one. */
const FIELDS: Readonly<Record<string, Shape>> = {
  envelope: { code: 'integer', server: 'vid', service: 'string', pid: 'digits' },
  versions: { major: 'integer', minor: 'integer', revision: 'integer', version: 'string' },
  summaries: {
    ok: 'boolean',
    now_ms: 'integer',
    self: {
      version: 'string',
      pid: 'integer',
      ppid: 'integer',
      argv: 'string',
      cwd: 'string',
      mem_kbyte: 'integer',
      mem_percent: 'number',
      cpu_percent: 'number',
      srs_uptime: 'integer',
    },
    system: {
      cpu_percent: 'number',
      disk_read_KBps: 'integer',
      disk_write_KBps: 'integer',
      disk_busy_percent: 'number',
      mem_ram_kbyte: 'integer',
      mem_ram_percent: 'number',
      mem_swap_kbyte: 'integer',
      mem_swap_percent: 'number',
      cpus: 'integer',
      cpus_online: 'integer',
      uptime: 'number',
      ilde_time: 'number',
      load_1m: 'number',
      load_5m: 'number',
      load_15m: 'number',
      net_sample_time: 'integer',
      net_recv_bytes: 'integer',
      net_send_bytes: 'integer',
      net_recvi_bytes: 'integer',
      net_sendi_bytes: 'integer',
      srs_sample_time: 'integer',
      srs_recv_bytes: 'integer',
      srs_send_bytes: 'integer',
      conn_sys: 'integer',
      conn_sys_et: 'integer',
      conn_sys_tw: 'integer',
      conn_sys_udp: 'integer',
      conn_srs: 'integer',
    },
  },
  rusages: {
    ok: 'boolean',
    ...integers(
      'sample_time ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap',
    ),
    ...integers('ru_inblock ru_oublock ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw'),
  },
  self_proc_stats: {
    ok: 'boolean',
    sample_time: 'integer',
    percent: 'number',
    pid: 'integer',
    comm: 'string',
    state: 'string',
    ...integers(
      'ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime',
    ),
    ...integers('priority nice num_threads itrealvalue starttime vsize rss'),
    // An unlimited rsslim and addresses are more than a double holds.
    ...numbers('rsslim startcode endcode startstack kstkesp kstkeip signal blocked sigignore sigcatch wchan'),
    ...integers(
      'nswap cnswap exit_signal processor rt_priority policy delayacct_blkio_ticks guest_time cguest_time',
    ),
  },
  system_proc_stats: {
    ok: 'boolean',
    sample_time: 'integer',
    percent: 'number',
    ...integers('user nice sys idle iowait irq softirq steal guest'),
  },
  meminfos: {
    ok: 'boolean',
    sample_time: 'integer',
    percent_ram: 'number',
    percent_swap: 'number',
    ...integers('MemActive RealInUse NotInUse MemTotal MemFree Buffers Cached SwapTotal SwapFree'),
  },
  authors: { license: 'string', contributors: 'string' },
  server: { sigature: 'string', name: 'string', version: 'string', link: 'string', time: 'integer' },
  origin: { ip: 'string', port: 'integer', vhost: 'string', api: 'string', routers: 'object' },
  vhost: {
    id: 'vid',
    name: 'string',
    enabled: 'boolean',
    clients: 'integer',
    streams: 'integer',
    send_bytes: 'integer',
    recv_bytes: 'integer',
    kbps: KBPS,
    hls: { enabled: 'boolean' },
  },
  stream: {
    id: 'vid',
    name: 'string',
    vhost: 'vid',
    app: 'string',
    tcUrl: 'string',
    url: 'string',
    live_ms: 'integer',
    clients: 'integer',
    frames: 'integer',
    send_bytes: 'integer',
    recv_bytes: 'integer',
    kbps: KBPS,
    publish: { active: 'boolean', cid: 'string' },
    video: { codec: 'string', profile: 'string', level: 'string', width: 'integer', height: 'integer' },
    audio: { codec: 'string', sample_rate: 'integer', channel: 'integer', profile: 'string' },
  },
  client: {
    id: 'string',
    vhost: 'vid',
    stream: 'vid',
    ip: 'string',
    pageUrl: 'string',
    swfUrl: 'string',
    tcUrl: 'string',
    url: 'string',
    name: 'string',
    type: 'string',
    publish: 'boolean',
    alive: 'number',
    send_bytes: 'integer',
    recv_bytes: 'integer',
    kbps: KBPS,
  },
};

/** The shape that a value has where it is to be `wanted`. */
function shapeOf(value: unknown, wanted: Shape): Shape {
  if (typeof wanted === 'object' && typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, shapeOf(inner, wanted[name] ?? 'unknown')]),
    );
  if (wanted === 'vid' && /^vid-[a-z0-9]{7}$/.test(String(value))) return 'vid';
  if (wanted === 'digits' && typeof value === 'string' && /^\d+$/.test(value)) return 'digits';
  if (wanted === 'integer' && Number.isSafeInteger(value)) return 'integer';
  return value === null ? 'null' : typeof value;
}

function expectShape(value: unknown, name: string): void {
  const wanted = FIELDS[name] ?? {};
  expect(shapeOf(value, wanted)).toEqual(wanted);
  if (typeof wanted === 'object') expect(Object.keys(value as object)).toEqual(Object.keys(wanted));
}

type Body = Readonly<Record<string, never>> & { readonly code: number };

/** A server with a publisher and a player, and what its API says. */
async function startWatched(inApi = '') {
  const api = await startApi(inApi, 'vhost __defaultVhost__ { } vhost other { }');
  const publisher = stopped(await startPublishing('cam?token=t', api));
  publisher.send(...picture.stream(30));
  const player = stopped(await startPlaying('cam', api));
  await player.hasMedia(5);
  const get = async (path: string) => (await api.json(`/api/v1${path}`)) as Body;
  await until('the picture to be described', async () => {
    const { streams } = (await get('/streams')) as unknown as { streams: { frames: number }[] };
    return (streams[0]?.frames ?? 0) > 0;
  });
  return { ...api, publisher, player, get };
}

test('every answer has the envelope, in its order, before what is in it', async () => {
  const { get } = await startWatched();
  for (const path of [
    '/versions',
    '/summaries',
    '/features',
    '/vhosts',
    '/streams',
    '/clients',
    '/',
    '/clients/none',
  ]) {
    const { code, server, service, pid, ...rest } = await get(path);
    expectShape({ code, server, service, pid }, 'envelope');
    expect(Object.keys({ code, server, service, pid, ...rest })).toEqual(Object.keys(await get(path)));
  }
});

test('versions and summaries have the fields and types of SRS', async () => {
  const { get } = await startWatched();
  expectShape((await get('/versions'))['data'], 'versions');
  expectShape((await get('/summaries'))['data'], 'summaries');
});

test('vhosts, streams and clients have the fields and types of SRS, in lists and alone', async () => {
  const { get } = await startWatched();
  const { vhosts } = (await get('/vhosts')) as unknown as { vhosts: { id: string; name: string }[] };
  expect(vhosts.map(({ name }) => name)).toEqual(['__defaultVhost__', 'other']);
  for (const vhost of vhosts) expectShape(vhost, 'vhost');
  expectShape((await get(`/vhosts/${vhosts[0]?.id}`))['vhost'], 'vhost');

  const { streams } = (await get('/streams')) as unknown as { streams: { id: string; vhost: string }[] };
  expect(streams).toHaveLength(1);
  expectShape(streams[0], 'stream');
  expect(streams[0]?.vhost).toBe(vhosts[0]?.id);
  expectShape((await get(`/streams/${streams[0]?.id}`))['stream'], 'stream');

  const { clients } = (await get('/clients')) as unknown as { clients: { id: string; type: string }[] };
  expect(clients.map(({ type }) => type)).toEqual(['fmle-publish', 'rtmp-play']);
  for (const client of clients) expectShape(client, 'client');
  expectShape((await get(`/clients/${clients[0]?.id}`))['client'], 'client');
});

test.each([
  ['/vhosts/vid-none', 2047],
  ['/streams/vid-none', 2048],
  ['/clients/none', 2049],
])('of %s the code is %i, and the status 200', async (path, code) => {
  const api = await startApi();
  const response = await api.ask(`/api/v1${path}`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ code });
});

test('DELETE shows a client out', async () => {
  const { get, ask, player } = await startWatched();
  const { clients } = (await get('/clients')) as unknown as { clients: { id: string; type: string }[] };
  const id = clients.find(({ type }) => type === 'rtmp-play')?.id;
  expect(await (await ask(`/api/v1/clients/${id}`, { method: 'DELETE' })).json()).toMatchObject({ code: 0 });
  await player.session.closed;
  expect(await (await ask(`/api/v1/clients/${id}`, { method: 'DELETE' })).json()).toMatchObject({
    code: 2049,
  });
});

test('pages have at least ten, as in SRS, and what is no number is left alone', async () => {
  const api = await startApi();
  for (let count = 0; count < 12; count++) stopped(await startPlaying(`s${count}`, api));
  const listed = async (query: string) =>
    ((await api.json(`/api/v1/clients${query}`)) as { clients: { name: string }[] }).clients.map(
      ({ name }) => name,
    );
  expect(await listed('')).toHaveLength(10);
  expect(await listed('?count=1')).toHaveLength(10);
  expect(await listed('?count=100')).toHaveLength(12);
  expect(await listed('?start=10')).toEqual(['s10', 's11']);
  expect(await listed('?start=x&count=-1')).toHaveLength(10);
});

test.each(['rusages', 'self_proc_stats', 'system_proc_stats', 'meminfos', 'authors'])(
  '%s has the fields and types of SRS',
  async (name) => {
    const api = await startApi();
    for (let time = 0; time < 2; time++) {
      const { code, data } = (await api.json(`/api/v1/${name}`)) as { code: number; data: object };
      expect(code).toBe(0);
      expectShape(data, name);
    }
  },
);

test('figures of the process and the machine are theirs', async () => {
  const api = await startApi();
  const data = async (name: string) =>
    ((await api.json(`/api/v1/${name}`)) as { data: Record<string, number> }).data;
  expect(await data('self_proc_stats')).toMatchObject({ ok: true, pid: process.pid, ppid: process.ppid });
  expect((await data('rusages'))['ru_maxrss']).toBeGreaterThan(10_000);
  const memory = await data('meminfos');
  expect(memory['MemTotal']).toBe(Math.round(totalmem() / 1024));
  expect(memory['percent_ram']).toBeLessThanOrEqual(1);
  expect((await data('system_proc_stats'))['idle']).toBeGreaterThan(0);
});

test('requests shows a request to who sent it, without what lets him in', async () => {
  const api = await startApi('auth { enabled on; username admin; password sesame-open; }');
  const authorization = `Basic ${Buffer.from('admin:sesame-open').toString('base64')}`;
  const { data } = (await api.json('/api/v1/requests?a=1&token=t0ps3cret', {
    headers: { authorization, 'x-mine': 'hello', cookie: 'session=t0ps3cret' },
  })) as { data: { server: object } };
  expect(data).toMatchObject({
    uri: '/api/v1/requests?a=1&token=***',
    path: '/api/v1/requests',
    METHOD: 'GET',
    headers: { 'x-mine': 'hello', authorization: '***', cookie: '***' },
  });
  expectShape(data.server, 'server');
  expect(JSON.stringify(data)).not.toContain('t0ps3cret');
});

test('clusters tells where a stream is, if it is here', async () => {
  const { get, port, apiPort } = await startWatched();
  const ask = async (query: string) =>
    ((await get(`/clusters?${query}`)) as unknown as { data: { origin: object } }).data;
  const found = await ask('vhost=__defaultVhost__&app=live&stream=cam&coworker=10.0.0.7:1985');
  expect(found).toMatchObject({
    query: { ip: '', vhost: '__defaultVhost__', app: 'live', stream: 'cam', coworker: '10.0.0.7:1985' },
    origin: {
      ip: '10.0.0.7',
      port,
      vhost: '__defaultVhost__',
      api: `10.0.0.7:${apiPort}`,
      routers: [`10.0.0.7:${apiPort}`],
    },
  });
  expectShape(found.origin, 'origin');
  expect((await ask('app=live&stream=other')).origin).toBeNull();
});

test('the raw API is switched off, as it is in SRS unless a file says otherwise', async () => {
  const api = await startApi();
  const response = await api.ask('/api/v1/raw?rpc=reload');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ code: 1061 });
});

test('the index names what is there, and what is not there is an error', async () => {
  const api = await startApi();
  const { urls } = (await api.json('/api/v1/')) as { urls: object };
  for (const name of Object.keys(urls)) {
    const answer = await api.ask(`/api/v1/${name}`);
    expect([name, answer.status]).toEqual([name, 200]);
    expect(await answer.json()).not.toHaveProperty('urls');
  }
  for (const path of ['nothing', 'perf', 'tcmalloc', 'streams/a/b']) {
    const answer = await api.ask(`/api/v1/${path}`);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.json()).toMatchObject({ code: 404 });
  }
  expect(await api.json('/api/v1/tests/errors')).toMatchObject({ code: 100 });
});

test('pages of other origins may read, and call functions, only where the configuration says so', async () => {
  const origin = { headers: { origin: 'http://dashboard.example' } };
  const shut = await startApi();
  const alone = await shut.ask('/api/v1/versions?callback=show', origin);
  expect(alone.headers.get('access-control-allow-origin')).toBeNull();
  expect(alone.headers.get('content-type')).toMatch(/^application\/json/);

  const open = await startApi('crossdomain on;');
  const answer = await open.ask('/api/v1/versions?callback=show', origin);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toMatch(/^text\/javascript/);
  expect(await answer.text()).toMatch(/^\/\*\*\/show\(\{"code":0,.*\}\)$/);
  const injected = await open.ask('/api/v1/versions?callback=alert(1)//', origin);
  expect(injected.headers.get('content-type')).toMatch(/^application\/json/);
  const preflight = await open.ask('/api/v1/clients/x', { method: 'OPTIONS', ...origin });
  expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE');
  const ours = await open.ask('/api/v2/streams', origin);
  expect(ours.headers.get('access-control-allow-origin')).toBeNull();
});
