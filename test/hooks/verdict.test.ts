import { describe, expect, test } from 'vitest';
import { judge } from '../../src/hooks/verdict.ts';

const why = (status: number, body: string | Buffer, schema: 'srs1' | 'srs5' = 'srs5') => {
  const judgement = judge(schema, status, body);
  return judgement.allowed ? 'allowed' : judgement.message;
};
const shown = (status: number, body: string) => {
  const judgement = judge('srs5', status, body);
  return judgement.allowed ? 'allowed' : judgement.forClient;
};

describe('accepted', () => {
  test.each([
    '0',
    '0\n',
    ' 0 ',
    '\r\n0\r\n',
    '\uFEFF0',
    '{"code":0}',
    ' { "data" : null , "code" : 0 } \n',
    '{"code":0,"data":{"code":7,"x":["code",{"code":1}]}}',
    '{"co\\u0064e":0}',
    `{"code":0,"pad":"${'x'.repeat(40_000)}"}`,
    '{"text":"\\"code\\":1,{","code":0}',
  ])('%j', (body) => {
    expect(why(200, body)).toBe('allowed');
    expect(why(200, body, 'srs1')).toBe('allowed');
    expect(why(200, Buffer.from(body))).toBe('allowed');
  });

  test('201, under srs5 only', () => {
    expect(why(201, '0')).toBe('allowed');
    expect(why(201, '0', 'srs1')).toBe('status 201 is not 200, body "0"');
  });
});

describe('refused for its status', () => {
  test.each([
    [202, 'status 202 is not 200 or 201, body "0"'],
    [204, 'status 204 is not 200 or 201, body "0"'],
    [301, 'status 301 is not 200 or 201 (redirects are not followed), body "0"'],
    [302, 'status 302 is not 200 or 201 (redirects are not followed), body "0"'],
    [307, 'status 307 is not 200 or 201 (redirects are not followed), body "0"'],
    [403, 'status 403 is not 200 or 201, body "0"'],
    [404, 'status 404 is not 200 or 201, body "0"'],
    [500, 'status 500 is not 200 or 201, body "0"'],
    [503, 'status 503 is not 200 or 201, body "0"'],
  ])('%i', (status, message) => {
    expect(why(status, '0')).toBe(message);
  });
});

describe('refused for its body', () => {
  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['"0"', 'is a JSON string, not the int 0'],
    ['0.0', 'is a JSON number, not the int 0'],
    ['-0', 'is a JSON number, not the int 0'],
    ['0e1', 'is a JSON number, not the int 0'],
    ['00', 'is neither the int 0 nor JSON'],
    ['+0', 'is neither the int 0 nor JSON'],
    ['0x0', 'is neither the int 0 nor JSON'],
    ['ok', 'is neither the int 0 nor JSON'],
    ['0 0', 'is neither the int 0 nor JSON'],
    ['true', 'is a JSON boolean, not the int 0'],
    ['null', 'is a JSON null, not the int 0'],
    ['[0]', 'is a JSON array, not the int 0'],
    ['[]', 'is a JSON array, not the int 0'],
    ['{}', 'has no code'],
    ['{"data":{"code":0}}', 'has no code'],
    ['{"code":"0"}', 'has a code that is not the int 0'],
    ['{"code":0.0}', 'has a code that is not the int 0'],
    ['{"code":-0}', 'has a code that is not the int 0'],
    ['{"code":0e0}', 'has a code that is not the int 0'],
    ['{"code":null}', 'has a code that is not the int 0'],
    ['{"code":false}', 'has a code that is not the int 0'],
    ['{"code":[0]}', 'has a code that is not the int 0'],
    ['{"code":0', 'is neither the int 0 nor JSON'],
  ])('%j', (body, fault) => {
    const message = `status 200 but body ${JSON.stringify(body.trim())} ${fault}`;
    expect(why(200, body)).toBe(message);
    expect(why(200, body, 'srs1')).toBe(message);
    expect(shown(200, body)).toBe('The backend gave an invalid answer.');
  });

  test('two codes that disagree, whichever comes last', () => {
    expect(why(200, '{"code":1,"code":0}')).toBe('code 1');
    expect(why(200, '{"code":0,"code":1}')).toBe('code 1');
  });

  test('a long body is quoted in part, without control characters', () => {
    expect(why(200, `<b>\u001b[31mFatal\terror</b>${'x'.repeat(100)}`)).toBe(
      `status 200 but body "<b>[31mFatal error</b>${'x'.repeat(42)}…" is neither the int 0 nor JSON`,
    );
  });
});

describe('the words of the backend reach the client', () => {
  test.each([
    [200, '{"code":7}', 'code 7', 'code 7'],
    [200, '{"code":-1}', 'code -1', 'code -1'],
    [200, '403', 'code 403', 'code 403'],
    [200, '{"code":7,"message":"token expired"}', 'code 7: token expired', 'code 7: token expired'],
    [200, '{"code":7,"msg":"token expired"}', 'code 7: token expired', 'code 7: token expired'],
    [200, '{"code":7,"message":" ","data":{"message":"gone"}}', 'code 7: gone', 'code 7: gone'],
    [200, '{"code":7,"data":null,"message":5}', 'code 7', 'code 7'],
    [200, '{"error":1,"message":"banned"}', 'banned', 'banned'],
    [403, '{"code":403,"message":"no token"}', 'status 403, code 403: no token', 'code 403: no token'],
    [500, '{"code":0,"message":"busy"}', 'status 500, busy', 'busy'],
    [200, '{"code":7,"message":"a\\u0000b\\r\\nc\\u202Ed\\ud800"}', 'code 7: ab cd', 'code 7: ab cd'],
  ])('%i %s', (status, body, message, forClient) => {
    expect(judge('srs5', status, body)).toEqual({
      allowed: false,
      message,
      forClient,
      deliberate: true,
    });
  });

  test('within bounds', () => {
    const long = shown(200, `{"code":7,"message":"${'é😀'.repeat(500)}"}`);
    expect(Array.from(long)).toHaveLength(201);
    expect(long.endsWith('…')).toBe(true);
    expect(shown(200, '9'.repeat(1000))).toBe(`code ${'9'.repeat(20)}…`);
  });

  test('401 and 403 are meant, 500 is not', () => {
    const meant = (status: number) => {
      const judgement = judge('srs1', status, '');
      return !judgement.allowed && judgement.deliberate;
    };
    expect([401, 403, 500, 404].map(meant)).toEqual([true, true, false, false]);
    expect(shown(500, '<html>stack trace</html>')).toBe('The backend answered with status 500.');
  });
});

describe('what a yes grants', () => {
  const answer = (data: unknown) => judge('srs1', 200, JSON.stringify({ code: 0, data }));

  test('each key reaches its grant, in the units of the program', () => {
    expect(
      answer({
        stream: 'alice',
        max_duration: 3600,
        max_bitrate: 2500.5,
        max_viewers: 0,
        takeover: true,
        recheck: 1.5,
        record: false,
      }),
    ).toEqual({
      allowed: true,
      grant: {
        stream: 'alice',
        maxDurationMs: 3_600_000,
        maxBitrate: 2_500_500,
        maxViewers: 0,
        takeover: true,
        recheckMs: 1500,
        record: false,
      },
    });
  });

  test.each([
    null,
    'x',
    7,
    [],
    {},
    { other: 1, message: 'hello' },
    { stream: null, redirect: null, max_duration: null },
  ])('%j grants nothing and is no fault', (data) => {
    expect(answer(data)).toEqual({ allowed: true });
  });

  test.each([
    [{ max_duration: '60' }, 'data.max_duration is a JSON string, expected seconds from 1 to 2147483'],
    [{ max_duration: 0 }, 'data.max_duration is 0, expected seconds from 1 to 2147483'],
    [{ max_bitrate: -5 }, 'data.max_bitrate is -5, expected kbit/s from 1 to 10000000'],
    [{ max_viewers: 1.5 }, 'data.max_viewers is 1.5, expected a whole number from 0 to 1000000000'],
    [{ takeover: 1 }, 'data.takeover is 1, expected true or false'],
    [{ record: 'yes' }, 'data.record is a JSON string, expected true or false'],
    [{ recheck: [9] }, 'data.recheck is a JSON array, expected seconds from 1 to 2147483'],
  ])('%j is passed over and told in the log', (data, note) => {
    expect(answer({ ...data })).toEqual({ allowed: true, notes: [`${note}: it is ignored`] });
    const beside = answer({ ...data, stream: 'alice' });
    expect(beside).toMatchObject({ allowed: true, grant: { stream: 'alice' } });
  });

  test.each([
    '',
    ' ',
    '.',
    '..',
    'a/b',
    '/a',
    'a?b=c',
    'a#b',
    'a b',
    'a\nb',
    'a\u202Eb',
    'a\\b',
    'a,vhost=b',
    'a...vhost...b',
    '_definst_',
    'x'.repeat(256),
    7,
    ['alice'],
    { name: 'alice' },
  ])('a stream that cannot be named %j lets nobody in', (stream) => {
    const judgement = answer({ stream, max_duration: 60 });
    expect(judgement).toEqual({
      allowed: false,
      message:
        'accepted, but data gives a stream name that is not 1 to 255 characters without a path or a query',
      forClient: 'The backend gave an invalid answer.',
      deliberate: false,
      strict: true,
    });
  });

  test.each(['alice', 'Zoë', '7', 'a.b-c_d~e', 'x'.repeat(255), '日本', 'a%20b', 'a&b=c'])(
    'a stream can be named %j',
    (stream) => {
      expect(answer({ stream })).toEqual({ allowed: true, grant: { stream } });
    },
  );

  test('nothing is granted to an event that is only told', () => {
    const body = '{"code":0,"data":{"stream":"a/b","redirect":7,"recheck":"x"}}';
    expect(judge('srs1', 200, body, { action: 'on_unpublish' })).toEqual({ allowed: true });
  });

  test('a no grants nothing', () => {
    expect(judge('srs1', 200, '{"code":1,"data":{"stream":"a/b","takeover":true}}')).toEqual({
      allowed: false,
      message: 'code 1; data gives a stream name that is not 1 to 255 characters without a path or a query',
      forClient: 'code 1',
      deliberate: true,
    });
  });
});

describe('where a client is sent instead', () => {
  const URL = 'rtmp://other.example.com:1936/live?key=1';

  test('a yes with a redirect is no yes here', () => {
    expect(judge('srs5', 201, `{"code":0,"data":{"redirect":"${URL}","stream":"alice"}}`)).toEqual({
      allowed: false,
      message: 'redirected to rtmp://other.example.com:1936/live?***',
      forClient: 'The stream is elsewhere.',
      deliberate: true,
      redirect: URL,
    });
    expect(
      judge('srs1', 200, `{"code":0,"message":"over there","data":{"redirect":"${URL}"}}`),
    ).toMatchObject({
      forClient: 'over there',
    });
  });

  test('a no may have one too', () => {
    expect(judge('srs1', 200, `{"code":3,"message":"full","data":{"redirect":"${URL}"}}`)).toEqual({
      allowed: false,
      message: 'code 3: full',
      forClient: 'code 3: full',
      deliberate: true,
      redirect: URL,
    });
  });

  test.each([
    'http://a/b',
    'rtmp://',
    'rtmp:///live',
    'live',
    'rtmp://a b/',
    'rtmp://é/',
    `rtmp://a/${'x'.repeat(4096)}`,
    7,
  ])('%j is no place to send it to', (redirect) => {
    const data = { redirect };
    expect(judge('srs1', 200, JSON.stringify({ code: 0, data }))).toMatchObject({
      allowed: false,
      message: 'accepted, but data redirects to what is not a whole rtmp URL',
      deliberate: false,
    });
    const no = judge('srs1', 200, JSON.stringify({ code: 3, data }));
    expect(no).toMatchObject({ message: 'code 3; data redirects to what is not a whole rtmp URL' });
    expect(no).not.toHaveProperty('redirect');
  });
});

describe("nginx-rtmp's habit", () => {
  const nginx = (status: number, details: { location?: string; action?: 'on_connect' | 'on_play' } = {}) =>
    judge('nginx', status, 'whatever {"code":1}', details);

  test.each([200, 201, 202, 204, 299])('%i is yes, whatever the body says', (status) => {
    expect(nginx(status)).toEqual({ allowed: true });
  });

  test.each([301, 302, 303, 307])('%i gives the stream another name', (status) => {
    expect(nginx(status, { location: 'alice' })).toEqual({ allowed: true, grant: { stream: 'alice' } });
  });

  test('a Location that is an rtmp URL sends the client there', () => {
    expect(nginx(302, { location: 'RTMP://other/live/alice?k=1' })).toEqual({
      allowed: false,
      message: 'redirected to RTMP://other/live/alice?***',
      forClient: 'The stream is elsewhere.',
      deliberate: true,
      redirect: 'RTMP://other/live/alice?k=1',
    });
  });

  test.each([
    [{}, 'status 302 without a Location'],
    [{ location: 'rtmp:///x' }, 'status 302 redirects to what is not a whole rtmp URL'],
    [
      { location: '/a/b' },
      'status 302 gives a stream name that is not 1 to 255 characters without a path or a query',
    ],
    [{ location: 'other', action: 'on_connect' }, 'status 302 names another app, which is not supported'],
  ] as const)('302 %j lets nobody in', (details, message) => {
    expect(nginx(302, details)).toEqual({
      allowed: false,
      message,
      forClient: 'The backend gave an invalid answer.',
      deliberate: false,
      strict: true,
    });
  });

  test.each([
    [400, true],
    [403, true],
    [404, true],
    [408, false],
    [429, false],
    [500, false],
    [503, false],
    [101, false],
  ])('%i is no, on purpose: %s', (status, deliberate) => {
    expect(nginx(status)).toEqual({
      allowed: false,
      message: `status ${status}, body "whatever {\\"code\\":1}"`,
      forClient: `The backend answered with status ${status}.`,
      deliberate,
    });
  });
});
