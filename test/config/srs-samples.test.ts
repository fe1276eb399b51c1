import { expect, test } from 'vitest';
import { parseConfigText } from '../../src/config/index.ts';

function readingOf(text: string) {
  const result = parseConfigText(text, 'srs.conf');
  return {
    errors: result.ok ? [] : result.errors.map(({ message }) => message),
    warnings: result.warnings.map(({ message }) => message),
    config: result.ok ? result.config : undefined,
  };
}

const VHOST = 'vhost __defaultVhost__ { hls { enabled on; } http_remux { enabled on; } }';

// The shapes of SRS's own samples, versions 1 to 8.
test.each([
  ['both kinds of addresses', `listen 1935 [::]:1935; max_connections 1000; daemon off; ${VHOST}`],
  [
    'one port for the API and the players',
    `listen 1935; http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; dir ./objs/nginx/html; } ${VHOST}`,
  ],
  [
    'time_jitter of dvr',
    'listen 1935; vhost v { dvr { enabled on; dvr_plan session; dvr_path ./rec/[stream].flv; time_jitter full; } }',
  ],
  [
    'a token for the API',
    `listen 1935; http_api { enabled on; listen 1985; auth { enabled on; type bearer; token t; rtc_bearer_enabled off; } } ${VHOST}`,
  ],
  [
    'a name and a password for the API',
    `listen 1935; http_api { enabled on; listen 1985; auth { enabled on; username admin; password admin; } } ${VHOST}`,
  ],
])('a file of SRS with %s starts', (_what, text) => {
  expect(readingOf(text).errors).toEqual([]);
});

test('the API at the port of the players is not at a port of its own, and says to whom it answers', () => {
  const { config, warnings } = readingOf(
    `listen 1935; http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; } ${VHOST}`,
  );
  expect(config?.httpApi).toMatchObject({
    enabled: true,
    listen: [],
    shared: [{ host: undefined, port: 8080 }],
  });
  expect(warnings).toContainEqual(expect.stringContaining('so it answers this machine alone there'));
});

test('several workers cannot share a port of theirs with the API', () => {
  const { errors } = readingOf(
    `workers 2; listen 1935; http_api { enabled on; listen 8080; } http_server { enabled on; listen 8080; } ${VHOST}`,
  );
  expect(errors).toEqual([
    expect.stringContaining('which several workers share, expected a port of its own'),
  ]);
});

test('a port of RTMP is none for the API', () => {
  const { errors } = readingOf(`listen 1935; http_api { enabled on; listen 1935; } ${VHOST}`);
  expect(errors).toEqual([expect.stringContaining('which listen has too')]);
});

test('a token is wanted where auth is of type bearer, and a name and password where it is not', () => {
  const errorsOf = (auth: string) =>
    readingOf(`listen 1935; http_api { enabled on; auth { enabled on; ${auth} } } ${VHOST}`).errors;
  expect(errorsOf('type bearer; username a; password b;')).toEqual([
    'auth of http_api is of type bearer, expected a token in it',
  ]);
  expect(errorsOf('token t;')).toEqual(['auth of http_api is on, expected a username and a password in it']);
});
