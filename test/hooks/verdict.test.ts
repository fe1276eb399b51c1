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
    expect(shown(200, body)).toBe('The backend gave no answer that can be understood.');
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
    expect(judge('srs5', status, body)).toEqual({ allowed: false, message, forClient, deliberate: true });
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
