import { describe, expect, test } from 'vitest';
import { canonicalUrl } from '../../src/api/api-server.ts';
import { startApi, statusFor } from './support.ts';

test.each([
  ['/api/v2/streams?a=%61#b', '/api/v2/streams?a=%61'],
  ['/%61pi/v2/streams', '/api/v2/streams'],
  ['/%2561pi/v2', '/%2561pi/v2'],
  ['/api%2fv2/%2E%2e/x', '/api%2Fv2/../x'],
  ['/console#/../api', '/console'],
  ['/%zz', '/%zz'],
])('%s is read as %s', (url, path) => expect(canonicalUrl(url)).toBe(path));

describe('however a path is written', () => {
  test.each(['/api/v2/clients/x', '/%61pi/v2/clients/x', '/api/%76%32/clients/x', '/api/v2/clients/x#/'])(
    'a form of a page may not change anything: %s',
    async (path) => {
      const { apiPort } = await startApi();
      const form = { 'content-type': 'text/plain' };
      expect(await statusFor(apiPort, path, form, 'DELETE')).toBe(415);
      expect(await statusFor(apiPort, path, { ...form, 'x-gatecast': 'test' }, 'DELETE')).toBe(404);
    },
  );

  test.each([
    ['/%61pi/v2/streams', 401],
    ['/console/../api/v2/streams', 403],
    ['/console/%2e%2e/api/v2/streams', 403],
    // A page of the console, which is open to all.
    ['/console/..%2fapi%2fv2%2fstreams', 200],
    ['/api%2fv2%2fstreams', 401],
    ['/%2561pi/v2/streams', 401],
    ['/healthz/../api/v2/streams', 401],
    ['/%68ealthz', 200],
  ])('nobody gets past the password: %s is %i', async (path, status) => {
    const { apiPort } = await startApi('auth { enabled on; username admin; password sesame; }');
    expect(await statusFor(apiPort, path)).toBe(status);
  });
});
