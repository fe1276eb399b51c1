import { expect, test } from 'vitest';
import { readBasic } from '../../src/api/guard.ts';
import { ask } from '../support/web-viewer.ts';
import { startApi, statusFor } from './support.ts';

const AUTH = 'auth { enabled on; username admin; password "open sesame: 1"; }';
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const JSON_TYPE = { 'content-type': 'application/json' };
const login = (username: string, password: string): RequestInit => ({
  method: 'POST',
  headers: JSON_TYPE,
  body: JSON.stringify({ username, password }),
});

test('without credentials everybody on this machine is let in, and nobody has a name', async () => {
  const api = await startApi();
  expect(await api.json('/api/v2/server')).toMatchObject({ user: null });
});

test('a page that has its own name point here gets nothing', async () => {
  const { apiPort } = await startApi();
  for (const host of ['evil.example', 'evil.example:1985', 'localhost.evil.example'])
    expect(await statusFor(apiPort, '/api/v2/streams', { host }), host).toBe(403);
  for (const host of [
    'localhost:1985',
    'LOCALHOST',
    'LocalHost:1985',
    'localhost.',
    '127.0.0.1',
    '[::1]:1985',
    '192.0.2.1:80',
  ])
    expect(await statusFor(apiPort, '/api/v2/streams', { host }), host).toBe(200);
});

test('with credentials any name will do, since no stranger knows the password', async () => {
  const { apiPort } = await startApi(AUTH);
  const headers = { host: 'media.example', ...basic('admin', 'open sesame: 1') };
  expect(await statusFor(apiPort, '/api/v2/streams', headers)).toBe(200);
});

test.each([
  '/api/v2/streams',
  '/api/v2/events',
  '/api/v2/openapi.json',
  '/api/v2/docs/',
  '/api/v1/summaries',
  '/metrics',
])('%s asks for the password', async (path) => {
  const api = await startApi(AUTH);
  const refused = await api.ask(path);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm="Gatecast"/);
  const allowed = await api.ask(path, { headers: basic('admin', 'open sesame: 1') });
  expect(allowed.status).toBe(200);
  expect(allowed.headers.get('www-authenticate')).toBeNull();
  await allowed.body?.cancel();
});

test('the console and the health checks are for everybody', async () => {
  const api = await startApi(AUTH);
  for (const path of ['/healthz', '/readyz']) expect((await api.ask(path)).status).toBe(200);
  expect([200, 404]).toContain((await api.ask('/console/')).status);
});

test.each([
  ['admin', 'open sesame'],
  ['admin', ''],
  ['Admin', 'open sesame: 1'],
  ['', 'open sesame: 1'],
])('%s with "%s" is refused', async (user, password) => {
  const api = await startApi(AUTH);
  expect((await api.ask('/api/v2/server', { headers: basic(user, password) })).status).toBe(401);
  expect((await api.ask('/api/v2/login', login(user, password))).status).toBe(401);
});

test('whoever logs in gets a cookie that scripts and other sites cannot use, until he logs out', async () => {
  const api = await startApi(AUTH);
  const answer = await api.ask('/api/v2/login', login('admin', 'open sesame: 1'));
  expect(answer.status).toBe(204);
  const [cookie = '', ...flags] = (answer.headers.get('set-cookie') ?? '').split('; ');
  expect(flags).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Strict']));
  expect(await api.json('/api/v2/server', { headers: { cookie } })).toMatchObject({ user: 'admin' });
  const out = await api.ask('/api/v2/logout', { method: 'POST', headers: { cookie, 'x-gatecast': '1' } });
  expect(out.status).toBe(204);
  expect((await api.ask('/api/v2/server', { headers: { cookie } })).status).toBe(401);
});

test("the console's requests are refused without the browser's own dialogue", async () => {
  const api = await startApi(AUTH);
  const refused = await api.ask('/api/v2/server', { headers: { 'x-gatecast': 'console' } });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBeNull();
});

test('after ten wrong passwords even the right one has to wait, but not who is logged in', async () => {
  const api = await startApi(AUTH);
  const cookie = (await api.ask('/api/v2/login', login('admin', 'open sesame: 1'))).headers
    .get('set-cookie')
    ?.split(';')[0];
  for (let failure = 0; failure < 10; failure++)
    expect((await api.ask('/api/v2/login', login('admin', `guess ${failure}`))).status).toBe(401);
  expect((await api.ask('/api/v2/login', login('admin', 'open sesame: 1'))).status).toBe(429);
  expect((await api.ask('/api/v2/server', { headers: basic('admin', 'open sesame: 1') })).status).toBe(429);
  expect((await api.ask('/api/v2/server', { headers: { cookie: cookie ?? '' } })).status).toBe(200);
});

test('a request without credentials is no wrong password', async () => {
  const api = await startApi(AUTH);
  for (let request = 0; request < 15; request++) expect((await api.ask('/api/v2/server')).status).toBe(401);
  expect((await api.ask('/api/v2/login', login('admin', 'open sesame: 1'))).status).toBe(204);
});

test('what changes something does not come from pages of others, nor from a form', async () => {
  const { apiPort, origin } = await startApi();
  const path = '/api/v2/clients?ip=192.0.2.1';
  const ask = (headers: Readonly<Record<string, string>>) => statusFor(apiPort, path, headers, 'DELETE');
  expect(await ask({})).toBe(415);
  expect(await ask({ 'content-type': 'text/plain' })).toBe(415);
  expect(await ask({ 'x-gatecast': '1' })).toBe(200);
  expect(await ask({ origin })).toBe(200);
  expect(await ask({ 'x-gatecast': '1', origin })).toBe(200);
  expect(await ask({ 'x-gatecast': '1', origin: 'http://evil.example' })).toBe(403);
  expect(await ask({ 'x-gatecast': '1', origin: 'null' })).toBe(403);
});

test.each([
  ['two Host headers', { host: 'localhost', Host: 'evil.example' }, 400],
  ['a body over the bound on a GET', { 'content-length': '6400001' }, 413],
  ['a body of unknown length on a GET', { 'transfer-encoding': 'chunked' }, 411],
])('%s are refused before anybody looks further', async (_what, headers, status) => {
  const { apiPort } = await startApi();
  const { head, client } = await ask(apiPort, '/api/v2/server', headers);
  expect([head.status, head.headers['connection']]).toEqual([status, 'close']);
  client.socket.destroy();
});

test('the host of a page is the same in capitals', async () => {
  const { apiPort } = await startApi();
  const headers = { host: `LOCALHOST:${apiPort}`, origin: `http://localhost:${apiPort}` };
  expect(await statusFor(apiPort, '/api/v2/clients?ip=192.0.2.1', headers, 'DELETE')).toBe(200);
});

test('answers are not kept, and a strict policy says what a page of ours may load', async () => {
  const api = await startApi();
  const { headers } = await api.ask('/api/v2/server');
  expect(headers.get('cache-control')).toBe('no-store');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe-(?:inline|eval)/);
});

test.each([
  ['Basic YTpi', { username: 'a', password: 'b' }],
  ['basic YTpiOmM=', { username: 'a', password: 'b:c' }],
  ['Basic YQ==', undefined],
  ['Basic !', undefined],
  ['Bearer YTpi', undefined],
  [undefined, undefined],
])('of "%s" is read %j', (header, credentials) => {
  expect(readBasic(header)).toEqual(credentials);
});
