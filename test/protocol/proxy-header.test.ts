import { describe, expect, test } from 'vitest';
import { parseProxyHeader } from '../../src/protocol/proxy-header.ts';
import { be, cat } from '../support/wire.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** A version 2 header as HAProxy's specification draws it (2.2). */
const binary = (versionAndCommand: number, family: number, addresses: Buffer): Buffer =>
  cat(SIGNATURE, [versionAndCommand, family], be(addresses.length, 2), addresses);

const PORTS = be(0x12340050, 4);
const V4 = cat([203, 0, 113, 9], [10, 0, 0, 1], PORTS);
const V6 = cat(Buffer.from('20010db8000000000000000000000001', 'hex'), Buffer.alloc(16, 1), PORTS);

const HEADERS: [string, Buffer, string | undefined][] = [
  ['a line over TCP4', cat('PROXY TCP4 203.0.113.9 10.0.0.1 4660 1935\r\n'), '203.0.113.9'],
  ['a line over TCP6', cat('PROXY TCP6 2001:db8::1 ::1 4660 1935\r\n'), '2001:db8::1'],
  [
    'a line of a mapped address',
    cat('PROXY TCP6 ::ffff:203.0.113.9 ::1 4660 1935\r\n'),
    '::ffff:203.0.113.9',
  ],
  ['a line that knows nothing', cat('PROXY UNKNOWN\r\n'), undefined],
  ['a line that knows nothing at length', cat('PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n'), undefined],
  ['a binary header over IPv4', binary(0x21, 0x11, V4), '203.0.113.9'],
  ['a binary header over IPv6', binary(0x21, 0x21, V6), '2001:db8:0:0:0:0:0:1'],
  ['a binary header with further facts', binary(0x21, 0x11, cat(V4, [4, 0, 1, 0])), '203.0.113.9'],
  ['a binary header of the proxy itself', binary(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['a binary header of the proxy itself with addresses', binary(0x20, 0x11, V4), undefined],
  ['a binary header without a family', binary(0x21, 0x00, Buffer.alloc(0)), undefined],
  ['a binary header over a UNIX socket', binary(0x21, 0x31, Buffer.alloc(216)), undefined],
];

describe.each(HEADERS)('%s', (_what, header, source) => {
  test('is read, and what follows is left to the client', () => {
    const expected = { state: 'complete', length: header.length, source };
    expect(parseProxyHeader(header)).toEqual(expected);
    expect(parseProxyHeader(cat(header, [3], Buffer.alloc(1536)))).toEqual(expected);
  });

  test('is incomplete wherever it is cut', () => {
    for (let length = 0; length < header.length; length++) {
      expect(parseProxyHeader(header.subarray(0, length))).toEqual({ state: 'incomplete' });
    }
  });
});

test.each<[string, Buffer]>([
  ['RTMP', cat([3], Buffer.alloc(1536))],
  ['text', cat('GET / HTTP/1.1\r\n')],
  ['a line that begins almost so', cat('PROXX')],
  ['a line without addresses', cat('PROXY TCP4\r\n')],
  ['a line of another family', cat('PROXY UDP4 203.0.113.9 10.0.0.1 1 2\r\n')],
  ['a line with a name for an address', cat('PROXY TCP4 localhost 10.0.0.1 1 2\r\n')],
  ['a line with an IPv6 address over TCP4', cat('PROXY TCP4 2001:db8::1 ::1 1 2\r\n')],
  ['a line with text over TCP6', cat('PROXY TCP6 example ::1 1 2\r\n')],
  ['a line that does not end', cat('PROXY TCP4 ', Buffer.alloc(96, '1'))],
  ['a binary header of version 1', binary(0x11, 0x11, V4)],
  ['a binary header of a command that does not exist', binary(0x22, 0x11, V4)],
  ['a binary header that is too short for its addresses', binary(0x21, 0x11, V4.subarray(1))],
  ['a binary header that is too short for IPv6', binary(0x21, 0x21, V4)],
  ['a binary header longer than anybody\u2019s', binary(0x21, 0x11, Buffer.alloc(5000))],
])('%s is no header', (_what, bytes) => {
  expect(() => parseProxyHeader(bytes)).toThrow(expect.objectContaining({ code: 'proxy' }));
});

test('a line may have 107 bytes and no more', () => {
  const line = (length: number) => cat('PROXY UNKNOWN '.padEnd(length - 2, 'x'), '\r\n');
  expect(parseProxyHeader(line(107))).toMatchObject({ state: 'complete', length: 107 });
  expect(() => parseProxyHeader(line(108))).toThrow('did not end within 107 bytes');
});
