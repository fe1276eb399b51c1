import { expect, test } from 'vitest';
import { configOf, errorsOf, warningsOf } from './support/find.ts';

const TEXT = 'listen 1935; vhost a { play { gop_cache on; } } vhost b { }';
const withEnv = (env: NodeJS.ProcessEnv) => configOf(TEXT, 'a.conf', env);

test('a variable wins over the file, in every vhost', () => {
  expect(
    withEnv({
      SRS_LISTEN: '1 [::1]:2',
      SRS_MAX_CONNECTIONS: '5',
      SRS_VHOST_PLAY_GOP_CACHE: 'off',
      SRS_VHOST_HTTP_HOOKS_ENABLED: 'on',
      SRS_VHOST_HTTP_HOOKS_ON_PUBLISH: ' http://a/  http://b/ ',
      SRS_VHOST_SECURITY_ENABLED: 'on',
      SRS_VHOST_SECURITY_DENY: 'publish all play 10.0.0.1',
      SRS_PID: 'a b.pid',
    }),
  ).toMatchObject({
    listen: [{ port: 1 }, { host: '::1', port: 2 }],
    maxConnections: 5,
    pidFile: 'a b.pid',
    vhosts: ['a', 'b'].map((name) => ({
      name,
      play: { gopCache: false },
      hooks: { enabled: true, urls: { on_publish: ['http://a/', 'http://b/'] } },
      security: [
        { verdict: 'deny', role: 'publish', from: 'all' },
        { verdict: 'deny', role: 'play', from: '10.0.0.1' },
      ],
    })),
  });
});

test('a variable can give what the file has not', () => {
  expect(configOf('vhost a { }', 'a.conf', { SRS_LISTEN: '1935' }).listen).toEqual([
    { host: undefined, port: 1935 },
  ]);
});

test('an empty variable is none', () => {
  expect(withEnv({ SRS_LISTEN: '', SRS_PID: ' ', SRS_NONSENSE: undefined }).listen).toEqual([
    { host: undefined, port: 1935 },
  ]);
});

test('other names of SRS work too', () => {
  expect(withEnv({ SRS_RTMP_LISTEN: '7', SRS_LOG_LEVEL: 'error' })).toMatchObject({
    listen: [{ port: 7 }],
    log: { level: 'error' },
  });
});

test.each([
  [
    { SRS_MAX_CONNECTIONS: 'many' },
    'env SRS_MAX_CONNECTIONS: max_connections is "many", expected a whole number from 1 to 10000000',
  ],
  [{ SRS_VHOST_PLAY_GOP_CACHE: '1' }, 'env SRS_VHOST_PLAY_GOP_CACHE: gop_cache is "1", expected on or off'],
  [
    { SRS_PID: `a 'b' "c"` },
    `env SRS_PID: "a 'b' \\"c\\"" holds both kinds of quotes, which a directive cannot; expected one kind`,
  ],
  [
    { SRS_VHOST_HTTP_HOOKS_ON_PLAY: 'http://a/ b' },
    'env SRS_VHOST_HTTP_HOOKS_ON_PLAY: on_play is "b", expected a whole URL such as http://127.0.0.1:8085/api',
  ],
])('a variable that is wrong is one error: %j', (env, error) => {
  expect(errorsOf(TEXT, 'a.conf', env)).toEqual([error]);
});

test('what is wrong in the file is told even where a variable has the last word', () => {
  expect(errorsOf('listen x; vhost a { }', 'a.conf', { SRS_LISTEN: '1935' })).toEqual([
    'a.conf:1:8: listen is "x", expected a port (0 to 65535) or ADDRESS:PORT with a numeric address',
  ]);
});

test.each([
  [
    { SRS_VHOST_PLAY_GOP_CACH: 'on' },
    'env SRS_VHOST_PLAY_GOP_CACH: no directive has this name, did you mean SRS_VHOST_PLAY_GOP_CACHE?',
  ],
  [{ SRS_QQQQQQQQQQQQQQQQ: 'on' }, 'env SRS_QQQQQQQQQQQQQQQQ: no directive has this name, and it is ignored'],
  [{ SRS_VHOST_DASH_ENABLED: 'on' }, 'env SRS_VHOST_DASH_ENABLED: dash is not supported yet and is ignored'],
  [{ SRS_VHOST_HLS_ENABLED: 'off' }, undefined],
  [{ SRS_DAEMON: 'off', SRS_CONFIG_FILE: 'x', SRS_ENV_ONLY: 'on', PATH: 'x', SRS_UTC_TIME: 'on' }, undefined],
  [
    { [`SRS_${'A'.repeat(100)}`]: 'x' },
    `env SRS_${'A'.repeat(100)}: no directive has this name, and it is ignored`,
  ],
])('a variable that nobody takes is a warning at most: %j', (env, warning) => {
  expect(warningsOf(TEXT, 'a.conf', env)).toEqual(warning === undefined ? [] : [warning]);
});
