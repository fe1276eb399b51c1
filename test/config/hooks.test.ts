import { writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { formatDiagnostic, parseConfigText, printConfig } from '../../src/config/index.ts';
import type { HookOptions } from '../../src/model/options.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { configOf, errorsOf, warningsOf } from './support/find.ts';

/** 24 bytes, and 64: the shortest and the longest key of the Standard Webhooks specification. */
const SHORT = Buffer.alloc(24, 0xa5).toString('base64');
const LONG = Buffer.alloc(64, 0x5a).toString('base64');

const inHooks = (text: string) => `listen 1935; vhost v { http_hooks {\n${text}\n} }`;

function hooksOf(text: string, env: NodeJS.ProcessEnv = {}, file = 'a.conf'): HookOptions {
  const hooks = configOf(file === 'a.conf' ? inHooks(text) : text, file, env).vhosts[0]?.hooks;
  if (hooks === undefined) throw new Error('it should have a vhost');
  return hooks;
}

test('each directive of http_hooks reaches its option', () => {
  expect(
    hooksOf(`enabled on; schema srs5; connect_timeout 1; timeout 2; retries 3; on_error allow; cache 1.5;
      cache_key stream param; max_connections 4; max_queue 0; breaker_failures 0; breaker_open 5;
      update_interval 6; on_update http://a/1; on_publish_busy http://a/2; on_not_found http://a/3;
      on_idle http://a/4; server_started http://a/5; server_stopping http://a/6; on_done http://a/7;`),
  ).toMatchObject({
    enabled: true,
    schema: 'srs5',
    urls: {
      on_update: ['http://a/1'],
      on_publish_busy: ['http://a/2'],
      on_not_found: ['http://a/3'],
      on_idle: ['http://a/4'],
      server_started: ['http://a/5'],
      server_stopping: ['http://a/6'],
      on_done: ['http://a/7'],
    },
    connectTimeoutMs: 1,
    timeoutMs: 2,
    retries: 3,
    onError: 'allow',
    cacheMs: 1500,
    cacheKey: ['stream', 'param'],
    secrets: [],
    headers: [],
    maxConnections: 4,
    maxQueue: 0,
    breaker: { failures: 0, openMs: 5 },
    updateMs: 6000,
    ca: undefined,
    insecure: false,
  });
});

test('each directive of the outbox and of what is beside it reaches its option', () => {
  expect(
    configOf(`listen 1935; vhost v { } state_dir /var/lib/g; hook_journal 0;
      outbox { enabled off; max_events 1; when_full refuse_clients; max_age 60; retry_min 2; retry_max 3; }`),
  ).toMatchObject({
    stateDir: '/var/lib/g',
    journalSize: 0,
    outbox: {
      enabled: false,
      maxEvents: 1,
      whenFull: 'refuse_clients',
      maxAgeMs: 60_000,
      retryMinMs: 2,
      retryMaxMs: 3,
    },
  });
});

test('on_update lets clients stay when its backend fails, unless its own policy says otherwise', () => {
  const onError = (directives: string) =>
    hooksOf(`${directives} on_update http://a/;`).policies.on_update?.onError;
  expect(onError('')).toBe('allow');
  expect(onError('on_error deny;')).toBe('allow');
  expect(onError('policy on_update { timeout 5; }')).toBe('allow');
  expect(onError('policy on_update { on_error deny; }')).toBe('deny');
});

test('a policy has for its event what it gives, and all else from http_hooks', () => {
  const { policies, timeoutMs } = hooksOf(`retries 1; timeout 4000; cache_key ip;
    policy on_play { timeout 2000; cache 10; }
    policy on_publish { on_error allow; retries 0; cache_key stream; connect_timeout 5; }
    policy on_close { timeout 9; }
    policy on_update { }`);
  const inherited = {
    connectTimeoutMs: 3000,
    timeoutMs: 4000,
    retries: 1,
    onError: 'deny',
    cacheMs: 0,
    cacheKey: ['ip'],
  };
  expect(timeoutMs).toBe(4000);
  expect(policies).toEqual({
    on_play: { ...inherited, timeoutMs: 2000, cacheMs: 10_000 },
    on_publish: { ...inherited, onError: 'allow', retries: 0, cacheKey: ['stream'], connectTimeoutMs: 5 },
    on_close: { ...inherited, timeoutMs: 9 },
  });
});

test("nginx-rtmp's words mean what ours mean", () => {
  const theirs = `style nginx; on_connect http://a/; on_publish_done http://b/; on_play_done http://c/;
    on_disconnect http://d/; on_done http://e/; on_update http://f/; policy on_play_done { timeout 7; }`;
  const ours = `schema nginx; on_connect http://a/; on_unpublish http://b/; on_stop http://c/;
    on_close http://d/; on_done http://e/; on_update http://f/; policy on_stop { timeout 7; }`;
  expect(hooksOf(theirs)).toEqual(hooksOf(ours));
  expect(warningsOf(inHooks(theirs))).toEqual([]);
  expect(hooksOf('', { SRS_VHOST_HTTP_HOOKS_STYLE: 'nginx' }).schema).toBe('nginx');
  expect(hooksOf('', { SRS_VHOST_HTTP_HOOKS_ON_PLAY_DONE: 'http://a/' }).urls).toEqual({
    on_stop: ['http://a/'],
  });
});

test('YAML has all of it too', () => {
  const yaml = `
listen: 1935
outbox: { max_events: 5 }
vhost:
  v:
    http_hooks:
      style: nginx
      secret: [whsec_${SHORT}, "whsec_${LONG}"]
      header: [[X-One, a b], [X-Two, c]]
      policy on_play: { cache: 10, on_error: allow }
      policy on_publish: { retries: 2 }
`;
  expect(configOf(yaml, 'a.yaml').outbox.maxEvents).toBe(5);
  expect(hooksOf(yaml, {}, 'a.yaml')).toMatchObject({
    schema: 'nginx',
    secrets: [SHORT, LONG],
    headers: [
      ['X-One', 'a b'],
      ['X-Two', 'c'],
    ],
    policies: { on_play: { cacheMs: 10_000, onError: 'allow' }, on_publish: { retries: 2 } },
  });
});

test('variables reach policies, secrets, headers and the outbox', () => {
  const env = {
    SRS_STATE_DIR: '/s',
    SRS_HOOK_JOURNAL: '7',
    SRS_OUTBOX_MAX_AGE: '60',
    SRS_VHOST_HTTP_HOOKS_POLICY_ON_PLAY_TIMEOUT: '2000',
    SRS_VHOST_HTTP_HOOKS_CACHE_KEY: 'stream ip',
    SRS_VHOST_HTTP_HOOKS_SECRET: `whsec_${SHORT}  whsec_${LONG}`,
    SRS_VHOST_HTTP_HOOKS_HEADER: 'Authorization  Bearer abc',
  };
  expect(configOf(inHooks(''), 'a.conf', env)).toMatchObject({
    stateDir: '/s',
    journalSize: 7,
    outbox: { maxAgeMs: 60_000 },
  });
  expect(hooksOf('policy on_play { cache 5; }', env)).toMatchObject({
    cacheKey: ['stream', 'ip'],
    secrets: [SHORT, LONG],
    headers: [['Authorization', 'Bearer abc']],
    policies: { on_play: { timeoutMs: 2000, cacheMs: 5000 } },
  });
});

test('secrets and values of headers may stand in variables and files', () => {
  const folder = temporaryDirectory();
  onTestFinished(() => folder.stop());
  const [file, key] = [folder.file('secret'), folder.file('key')];
  writeFileSync(file, `  whsec_${LONG}\r\n`);
  writeFileSync(key, 'k-123\n');
  expect(
    hooksOf(`secret env:NEW; secret file:${file}; header X-A env:A; header X-B file:${key};`, {
      NEW: `whsec_${SHORT}`,
      A: 'v 1',
    }),
  ).toMatchObject({
    secrets: [SHORT, LONG],
    headers: [
      ['X-A', 'v 1'],
      ['X-B', 'k-123'],
    ],
  });
});

test('a secret may be without the padding of its base64', () => {
  expect(hooksOf(`secret whsec_${LONG.replace(/=+$/, '')};`).secrets[0]).toBe(LONG.replace(/=+$/, ''));
});

const EXPECTED = 'whsec_ and the base64 of 24 to 64 bytes';

test.each([
  ['secret;', 'a.conf:2:1: secret has no value, expected "secret env:HOOKS_SECRET env:HOOKS_SECRET_OLD;"'],
  [`secret ${SHORT};`, `a.conf:2:8: secret is not ${EXPECTED}, env:NAME or file:PATH`],
  ['secret whsec_c2hvcnQ=;', `a.conf:2:8: secret is not ${EXPECTED}, env:NAME or file:PATH`],
  [
    `secret whsec_${Buffer.alloc(65).toString('base64')};`,
    `a.conf:2:8: secret is not ${EXPECTED}, env:NAME or file:PATH`,
  ],
  [`secret whsec_${SHORT}!;`, `a.conf:2:8: secret is not ${EXPECTED}, env:NAME or file:PATH`],
  [
    `secret whsec_${SHORT} env:9;`,
    `a.conf:2:${15 + SHORT.length}: secret is not ${EXPECTED}, env:NAME or file:PATH`,
  ],
  ['secret env:NOT_SET;', 'a.conf:2:1: secret env:NOT_SET is empty, expected a variable that is set'],
  ['secret env:WRONG;', `a.conf:2:1: secret env:WRONG holds something else than ${EXPECTED}`],
  ['secret file:/nowhere/x;', 'a.conf:2:1: "/nowhere/x" cannot be read: there is no such file'],
  ['header X-A;', 'a.conf:2:8: header "X-A" has no value, expected one behind it'],
  [
    'header Authorization Bearer abc;',
    'a.conf:2:29: header takes a name and a value; put quotes around a value with spaces',
  ],
  ['header X:A b;', 'a.conf:2:8: header is named "X:A", expected a name such as X-Api-Key'],
  ['header Host b;', 'a.conf:2:8: header Host is set by Gatecast itself, expected another name'],
  [
    'header content-TYPE b;',
    'a.conf:2:8: header content-TYPE is set by Gatecast itself, expected another name',
  ],
  ['header Webhook-Id b;', 'a.conf:2:8: header Webhook-Id is set by Gatecast itself, expected another name'],
  [
    'header X-A "clé";',
    'a.conf:2:12: header "X-A" has a value that no header can have, expected printable ASCII characters',
  ],
  [
    'header X-A env:LINES;',
    'a.conf:2:1: header X-A has a value in env:LINES that no header can have, expected printable ASCII characters',
  ],
  ['on_error ask;', 'a.conf:2:10: on_error is "ask", expected deny or allow'],
  ['cache_key stream host;', 'a.conf:2:18: cache_key is "host", expected vhost, app, stream, param or ip'],
  ['cache -1;', 'a.conf:2:7: cache is "-1", expected seconds from 0 to 86400'],
  ['max_connections 0;', 'a.conf:2:17: max_connections is "0", expected a whole number from 1 to 10000'],
  ['on_done /x;', 'a.conf:2:9: on_done is "/x", expected a whole URL such as http://127.0.0.1:8085/api'],
  [
    'on_play_done http://a/; on_stop http://b/;',
    'a.conf:2:25: on_stop is here twice, put all URLs on one line (line 2)',
  ],
  ['policy on_play;', 'a.conf:2:1: policy is a block, expected "{" behind it'],
  [
    'policy { }',
    'a.conf:2:1: policy is for nothing, expected an event behind it, such as "policy on_play {"',
  ],
  ['policy on_ply { }', 'a.conf:2:8: policy is for "on_ply", which is no event, did you mean on_play?'],
  ['policy on_play on_stop { }', 'a.conf:2:16: policy is for one event, unexpected "on_stop"'],
  [
    'policy on_play { }\npolicy on_play { }',
    'a.conf:3:1: policy on_play is here twice, expected everything in the block at line 2',
  ],
  [
    'policy on_play { schema srs5; }',
    'a.conf:2:18: schema does not belong in policy, expected it in vhost NAME { http_hooks { … } }',
  ],
  ['policy on_play { timeout 0; }', 'a.conf:2:26: timeout is "0", expected a whole number from 1 to 300000'],
  ['policy on_play { retries; }', 'a.conf:2:18: retries has no value, expected "retries 2;"'],
])('%s', (text, error) => {
  const env = { WRONG: `whsec_${SHORT}x`, LINES: 'a\nb' };
  expect(errorsOf(inHooks(text), 'a.conf', env)).toEqual([error]);
});

test('the shortest repetition is no longer than the longest', () => {
  expect(errorsOf('listen 1935; vhost v { } outbox { retry_max 500; }')).toEqual([
    'a.conf:1:35: retry_min is 1000 and retry_max 500, expected the first to be no greater',
  ]);
});

test('what has no effect on an event that is only told is a warning', () => {
  expect(warningsOf(inHooks('policy on_close { timeout 5; retries 2; }'))).toEqual([
    'a.conf:2:30: retries has no effect on on_close, which is told and not asked; see outbox',
  ]);
});

test('no message and no print shows a secret or the value of a header', () => {
  const text = inHooks(`secret whsec_${SHORT} env:KEY; header X-A abracadabra; header X-B env:B;`);
  const loaded = parseConfigText(text, 'a.conf', { KEY: `whsec_${LONG}`, B: 'abracadabra' });
  if (!loaded.ok) throw new Error(loaded.errors.map(formatDiagnostic).join('\n'));
  const printed = printConfig(loaded);
  expect(printed).toContain('secret *** env:KEY; # from a.conf:2:1\n');
  expect(printed).toContain('header X-A ***;');
  expect(printed).toContain('header X-B env:B;');
  const wrong = [
    `secret whsec_${SHORT}`,
    `secret whsec_${SHORT}\non_play http://a/;`,
    `secret abracadabra;`,
    'header X-A abracadabra',
    'header X-A "abracadabra é";',
    'header X-A abracadabra abracadabra;',
    'header X-A abracadabra\nenabled on;',
  ];
  for (const one of wrong) {
    const errors = errorsOf(inHooks(one)).join('\n');
    expect(errors).not.toBe('');
    expect(errors).not.toMatch(/abracadabra|whsec_[A-Za-z0-9]/);
  }
  const both = errorsOf(inHooks(''), 'a.conf', { SRS_VHOST_HTTP_HOOKS_HEADER: `X-A abracadabra "'` });
  expect(both).toEqual([
    'env SRS_VHOST_HTTP_HOOKS_HEADER: a word of it holds both kinds of quotes, which a directive cannot; expected one kind',
  ]);
});

test('policies that are printed load again', () => {
  const loaded = parseConfigText(inHooks('cache_key ip; policy on_play { timeout 5; }'), 'a.conf', {
    SRS_VHOST_HTTP_HOOKS_POLICY_ON_PLAY_CACHE: '3',
    SRS_VHOST_HTTP_HOOKS_POLICY_ON_STOP_TIMEOUT: '4',
  });
  if (!loaded.ok) throw new Error('it should load');
  expect(configOf(printConfig(loaded))).toEqual(loaded.config);
});
