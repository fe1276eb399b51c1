import { expect, test } from 'vitest';
import { formatDiagnostic, parseConfigText, printConfig } from '../../src/config/index.ts';

const load = (inside: string, env: NodeJS.ProcessEnv = {}) =>
  parseConfigText(`listen 1935;\nhttp_api { enabled on; ${inside} }\nvhost v { }`, 'a.conf', env);

function optionsOf(inside: string, env?: NodeJS.ProcessEnv) {
  const result = load(inside, env);
  if (!result.ok) throw new Error(result.errors.map(formatDiagnostic).join('\n'));
  return result.config.httpApi;
}

const errorsOf = (inside: string, env?: NodeJS.ProcessEnv) => {
  const result = load(inside, env);
  return result.ok ? [] : result.errors.map(formatDiagnostic);
};

test.each([
  ['', '127.0.0.1', 1985],
  ['listen 1986;', '127.0.0.1', 1986],
  ['listen 127.0.0.9:1;', '127.0.0.9', 1],
  ['listen [::1]:2;', '::1', 2],
])('with "%s" it listens on this machine alone and needs no password', (inside, host, port) => {
  expect(optionsOf(inside)).toMatchObject({
    enabled: true,
    listen: [{ host, port }],
    credentials: undefined,
  });
});

test.each(['0.0.0.0', '192.0.2.1', '[::]'])('at %s it needs credentials', (host) => {
  expect(errorsOf(`listen ${host}:1985;`)).toEqual([
    expect.stringMatching(
      /^a\.conf:2:24: http_api listens at .* without auth, expected "auth \{ enabled on;/,
    ),
  ]);
  const auth = 'auth { enabled on; username admin; password secret; }';
  expect(optionsOf(`listen ${host}:1985; ${auth}`).credentials).toEqual({
    username: 'admin',
    password: 'secret',
  });
});

test('with TLS it needs credentials at the same addresses, and a certificate', () => {
  const https = (inside: string) => errorsOf(`https { enabled on; ${inside} }`);
  expect(https('listen 0.0.0.0:1990;')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^a\.conf:2:44: http_api listens at 0\.0\.0\.0 without auth/),
    ]),
  );
  expect(https('cert ./none.crt;')).toEqual([expect.stringMatching(/^a\.conf:2:44: cert .*none\.crt/)]);
});

test('an API that is off may stand with any address', () => {
  const result = parseConfigText('listen 1935; http_api { listen 0.0.0.0:1985; } vhost v { }', 'a.conf');
  expect(result.ok).toBe(true);
});

test.each([
  ['auth { enabled on; }', 'a.conf:2:31: auth of http_api is on, expected a username and a password in it'],
  [
    'auth { enabled on; username a:b; password c; }',
    'a.conf:2:52: username is "a:b", expected 1 to 128 printable characters without a colon',
  ],
])('what is wrong with "%s" is told at its place', (inside, error) => {
  expect(errorsOf(inside)).toContain(error);
});

test('the password may stand in a variable, and is never printed', () => {
  const inside = 'auth { enabled on; username admin; password env:API_PASSWORD; }';
  expect(optionsOf(inside, { API_PASSWORD: 'hush' }).credentials?.password).toBe('hush');
  expect(errorsOf(inside)).toEqual([
    'a.conf:2:59: password env:API_PASSWORD is empty, expected a variable that is set',
  ]);
  const printed = load('auth { enabled on; username admin; password hush; }');
  expect(printed.ok && printConfig(printed)).toContain('password ***;');
  expect(printed.ok && printConfig(printed)).not.toContain('hush');
});

test('variables set it as they set everything', () => {
  const result = parseConfigText('listen 1935; vhost v { }', 'a.conf', {
    SRS_HTTP_API_ENABLED: 'on',
    SRS_HTTP_API_LISTEN: '0.0.0.0:1985',
    SRS_HTTP_API_AUTH_ENABLED: 'on',
    SRS_HTTP_API_AUTH_USERNAME: 'admin',
    SRS_HTTP_API_AUTH_PASSWORD: 'secret',
  });
  expect(result.ok && result.config.httpApi).toMatchObject({
    enabled: true,
    listen: [{ host: '0.0.0.0', port: 1985 }],
    credentials: { username: 'admin', password: 'secret' },
  });
});
