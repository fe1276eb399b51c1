import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forwardedHeaders, readForwardedRequest } from '../../../src/http/peers/forwarded-request.ts';

const names = fc.record({ vhost: fc.string(), app: fc.string({ unit: 'grapheme' }), stream: fc.string() });

test('a forwarded request is read as it was said, whatever streams are called', () => {
  fc.assert(
    fc.property(names, fc.ipV4(), (key, ip) => {
      const forwarded = { ip, session: { ctx: '1.AAAAAAAAAAAAAAAAAAAAAA', key } };
      const headers = forwardedHeaders(forwarded, 'token');
      for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]*$/);
      expect(readForwardedRequest(headers, 'token')).toEqual(forwarded);
      expect(readForwardedRequest(headers, 'another')).toBe(undefined);
    }),
  );
});

test.each([
  ['no token', { 'gatecast-viewer': '192.0.2.1' }],
  ['no word of the viewer', { 'gatecast-token': 'token' }],
])('%s is no forwarded request', (_what, headers) => {
  expect(readForwardedRequest(headers, 'token')).toBe(undefined);
});
