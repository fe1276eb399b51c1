import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { configuredSecrets, maskDelivery } from '../../src/hooks/masking.ts';
import { maskQuery, soundsSecret } from '../../src/model/secret-values.ts';
import { delivery } from '../support/deliveries.ts';
import { NO_HOOKS } from '../support/options.ts';

test.each([
  'token',
  'access_token',
  'accessToken',
  'key',
  'streamKey',
  'api-key',
  'apikey',
  'auth',
  'auth_key',
  'X-Auth',
  'Authorization',
  'sign',
  'sig',
  'md5',
  'txSecret',
  'wsSecret',
  'password',
  'pass',
  'pwd',
  'jwt',
  'Cookie',
])('%s sounds secret', (name) => expect(soundsSecret(name)).toBe(true));

test.each(['stream', 'user', 'author', 'design', 'page', 'id', 'keyframes', 'action', 'passenger'])(
  '%s does not',
  (name) => expect(soundsSecret(name)).toBe(false),
);

test.each([
  ['?token=abc&room=1', '?token=***&room=1'],
  ['rtmp://h/live?vhost=v&key=a/b=c', 'rtmp://h/live?vhost=v&key=***'],
  ['?room=1', '?room=1'],
  ['?%74oken=abc', '?%74oken=***'],
  ['?token=t3?token=t1', '?token=***'],
])('the query %s is shown as %s', (query, shown) => expect(maskQuery(query)).toBe(shown));

const shownBody = (body: string) => maskDelivery(delivery({ request: { headers: [], body } })).request.body;

describe('what is shown of a body', () => {
  test.each([
    ['{"param":"?token=abcdef","ip":"::1"}', '{"param":"?token=***","ip":"::1"}'],
    ['{"tcUrl":"rtmp://h/live?sign=abcdef"}', '{"tcUrl":"rtmp://h/live?sign=***"}'],
    ['{"code":0.0, "key" : "abcdef" }', '{"code":0.0, "key" : "***" }'],
    ['{"auth":{"user":"u","n":12345},"ok":1}', '{"auth":{"user":"***","n":"***"},"ok":1}'],
    ['{"token":"abcdef","again":["abcdef"]}', '{"token":"***","again":["***"]}'],
    ['call=play&name=cam&token=abcdef', 'call=play&name=cam&token=***'],
    [
      'call=play&tcurl=rtmp%3A%2F%2Fh%2Flive%3Ftoken%3Dabcdef',
      'call=play&tcurl=rtmp%3A%2F%2Fh%2Flive%3Ftoken%3D***',
    ],
    ['{"param":"?token=abcdef', '{"param":"?token=***"'],
    ['the token=abcdef is old', 'the token=*** is old'],
    ['0', '0'],
    ['', ''],
  ])('%s', (body, shown) => expect(shownBody(body)).toBe(shown));
});

test('a token that the backend repeats is not shown either, in its headers, its body and the verdict', () => {
  const shown = maskDelivery(
    delivery({
      request: { headers: [], body: '{"param":"?token=abc%20def"}' },
      response: {
        status: 403,
        headers: [['x-why', 'abc def is old']],
        body: '{"code":403,"message":"abc def is old"}',
      },
      why: 'code 403: abc def is old',
    }),
  );
  expect(shown.response).toEqual({
    status: 403,
    headers: [['x-why', '*** is old']],
    body: '{"code":403,"message":"*** is old"}',
  });
  expect(shown.why).toBe('code 403: *** is old');
});

test('a token that an excerpt cuts short is not shown up to there', () => {
  const shown = maskDelivery(
    delivery({
      request: { headers: [], body: '{"param":"?token=abcdefghij"}' },
      why: 'status 200 but body "bad: abcdef…" is nothing',
    }),
  );
  expect(shown.why).toBe('status 200 but body "bad: ***…" is nothing');
});

test('headers of the configuration are shown by name alone, those of every request as they are', () => {
  const headers = [
    ['Content-Type', 'application/json'],
    ['X-Tenant', 'blue'],
    ['webhook-id', 'msg'],
    ['webhook-signature', 'v1,abc'],
  ] as const;
  expect(maskDelivery(delivery({ request: { headers, body: '' } })).request.headers).toEqual([
    ['Content-Type', 'application/json'],
    ['X-Tenant', '***'],
    ['webhook-id', 'msg'],
    ['webhook-signature', '***'],
  ]);
});

test('no secret that was configured or sent is in what is shown, however it is written', () => {
  const secret = fc
    .string({ unit: 'grapheme', minLength: 4, maxLength: 60 })
    // A query ends a value with these, and what is shown has digits, words and asterisks of its own.
    .filter((text) => !/[&#*]/.test(text))
    .map((text) => `Q${text}Z`);
  const answer = fc.constantFrom(
    (text: string) => text,
    (text: string) => JSON.stringify({ code: 1, message: `no ${text}!` }),
    (text: string) => JSON.stringify({ data: { [`x`]: [text] } }),
    (text: string) => `<p title="${text}">${encodeURIComponent(text)}`,
  );
  const request = fc.constantFrom(
    (text: string) => JSON.stringify({ param: `?a=1&token=${text}`, tcUrl: `rtmp://h/x?key=${text}` }),
    (text: string) => JSON.stringify({ param: `?token=${encodeURIComponent(text)}`, a: text }),
    (text: string) => new URLSearchParams({ name: 'cam', token: text }).toString(),
    (text: string) =>
      new URLSearchParams({ tcurl: `rtmp://h/x?sign=${encodeURIComponent(text)}` }).toString(),
  );
  fc.assert(
    fc.property(secret, secret, request, answer, answer, (sent, kept, ask, say, sayKept) => {
      const configured = configuredSecrets({
        ...NO_HOOKS,
        urls: { on_play: [`http://h/hook?key=${encodeURIComponent(kept)}`] },
      });
      const original = delivery({
        request: { headers: [['X-Key', sent]], body: ask(sent) },
        response: {
          status: 200,
          headers: [['x-said', sent]],
          body: say(sent) + sayKept(kept),
        },
        why: `code 403: ${sent} ${kept}`,
      });
      const shown = maskDelivery(original, configured);
      for (const text of [
        shown.why,
        shown.request.body,
        shown.response?.body ?? '',
        ...shown.request.headers.flat(),
        ...(shown.response?.headers.flat() ?? []),
      ]) {
        for (const value of [sent, kept, encodeURIComponent(sent), JSON.stringify(kept).slice(1, -1)])
          expect(text).not.toContain(value);
      }
    }),
  );
});
