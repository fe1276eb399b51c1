import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { certificateMaker } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A server whose API has the port of its playback server, which has one of its own too and serves a page. */
async function start({ inApi = '', inHttp = '', root = '' } = {}) {
  const port = await freePort();
  const own = await freePort();
  const directory = stopped(temporaryDirectory());
  writeFileSync(directory.file('index.html'), 'the page');
  const running = stopped(
    await startServer(`${root}
      http_api { enabled on; listen 127.0.0.1:${port}; ${inApi} }
      http_server { enabled on; listen 127.0.0.1:${port} 127.0.0.1:${own}; dir ${directory.path}; ${inHttp} }
      vhost __defaultVhost__ { }`),
  );
  const at = (path: string, init?: RequestInit, where = port) =>
    fetch(`http://127.0.0.1:${where}${path}`, init);
  return { ...running, apiPort: port, own, at };
}

const BASIC = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
const AUTH = 'auth { enabled on; username a; password b; }';

test('one port serves the API, by its paths, and everything else', async () => {
  const { at, server, apiPort } = await start();
  expect(await (await at('/api/v2/streams')).json()).toMatchObject({ streams: [] });
  expect(await (await at('/api/v1/versions')).json()).toMatchObject({ code: 0 });
  expect((await at('/healthz')).status).toBe(200);
  expect((await at('/metrics')).status).toBe(200);
  expect(await (await at('/')).text()).toBe('the page');
  expect(await (await at('/index.html')).text()).toBe('the page');
  expect((await at('/apidocs')).status).toBe(404);
  expect(server.api).toMatchObject({ host: '127.0.0.1', port: apiPort });
});

test('what changes something gets there with its body, and over a connection that has served a page before', async () => {
  const { at } = await start({ inApi: AUTH });
  expect(await (await at('/index.html')).text()).toBe('the page');
  const answer = await at('/api/v2/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'a', password: 'b' }),
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('set-cookie')).toContain('gatecast=');
  expect((await at('/api/v2/clients', { method: 'DELETE', headers: { 'x-gatecast': 'x' } })).status).toBe(
    401,
  );
});

test('the API guards itself there as anywhere else, and takes no header from the playback server', async () => {
  const { at } = await start({ inApi: AUTH });
  expect((await at('/api/v2/streams')).status).toBe(401);
  const answer = await at('/api/v2/streams', { headers: BASIC });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect((await at('/index.html')).headers.get('access-control-allow-origin')).toBe('*');
  expect((await at('/api/v2/streams', { method: 'OPTIONS' })).status).toBe(401);
});

test('there is no API at the other ports of the playback server', async () => {
  const { at, own } = await start();
  expect((await at('/api/v2/streams', {}, own)).status).toBe(404);
  expect(await (await at('/', {}, own)).text()).toBe('the page');
});

test.each([
  ['x-forwarded-for', '203.0.113.9'],
  ['x-real-ip', '203.0.113.9'],
  ['forwarded', 'for=203.0.113.9'],
  ['via', '1.1 proxy'],
])(
  'without auth the API does not answer what a proxy passes on, which says so by %s',
  async (name, value) => {
    const { at } = await start();
    const answer = await at('/api/v2/streams', { headers: { [name]: value } });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({
      error: 'Without auth in http_api this server answers clients of its own machine only.',
    });
    expect((await at('/', { headers: { [name]: value } })).status).toBe(200);
  },
);

test('without auth the API does not answer clients of other machines, whose address a PROXY header tells', async () => {
  const { apiPort } = await start({ root: 'proxy_protocol { enabled on; trusted 127.0.0.1; }' });
  const status = (ip: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(apiPort, '127.0.0.1');
      let text = '';
      socket.on('data', (bytes) => (text += bytes)).on('close', () => resolve(text.slice(9, 12)));
      socket.write(
        `PROXY TCP4 ${ip} 127.0.0.1 1234 80\r\nGET /api/v2/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      );
    });
  expect(await status('203.0.113.9')).toBe('403');
  expect(await status('127.0.0.1')).toBe('200');
});

test('one port with TLS serves both as well', async (context) => {
  const files = certificateMaker(context).make('server', ['a.example']);
  const tlsPort = await freePort();
  const https = `https { enabled on; listen 127.0.0.1:${tlsPort}; cert ${files.cert}; key ${files.key}; }`;
  await start({ inApi: `${AUTH} ${https}`, inHttp: https });
  const at = (path: string, headers = {}) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const ca = readFileSync(files.cert);
      get(
        { port: tlsPort, host: '127.0.0.1', path, headers, servername: 'a.example', ca, agent: false },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('end', () => resolve({ status: response.statusCode, text }));
        },
      ).on('error', reject);
    });
  expect(await at('/index.html')).toEqual({ status: 200, text: 'the page' });
  expect((await at('/api/v2/streams')).status).toBe(401);
  expect((await at('/api/v2/streams', BASIC)).status).toBe(200);
});

test('a token opens the API where auth is of type bearer', async () => {
  const { at } = await start({ inApi: 'auth { enabled on; type bearer; token srs-api-token; }' });
  const status = async (authorization: string) =>
    (await at('/api/v1/versions', { headers: { authorization } })).status;
  expect(await status('Bearer srs-api-token')).toBe(200);
  expect(await status('bearer srs-api-token')).toBe(200);
  expect(await status('Bearer another')).toBe(401);
  expect(await status('Bearer ')).toBe(401);
  expect(await status(BASIC.authorization)).toBe(401);
  expect((await at('/api/v1/versions')).status).toBe(401);
});

test('a token is none where auth is of type basic', async () => {
  const { at } = await start({ inApi: 'auth { enabled on; username bearer2; password b; }' });
  expect((await at('/api/v1/versions', { headers: { authorization: 'Bearer b' } })).status).toBe(401);
});
