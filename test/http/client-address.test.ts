import { expect, test } from 'vitest';
import { clientAddress } from '../../src/http/playback-request.ts';
import { networkMatcher } from '../../src/model/ip.ts';

const trusted = networkMatcher(['10.0.0.0/8', '::1']);

test.each([
  ['nobody in between', '192.0.2.7', undefined, '192.0.2.7'],
  ['somebody who is not trusted', '192.0.2.7', '198.51.100.1', '192.0.2.7'],
  ['a proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
  ['a proxy that says nonsense', '10.0.0.1', 'nonsense', '10.0.0.1'],
  ['a chain of proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['a client that made up a hop', '10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
  ['proxies alone', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['a proxy before IPv6', '10.0.0.1', '2001:DB8::0001', '2001:db8::1'],
  ['a proxy that writes brackets and a port', '::1', '[2001:db8::1]:4711', '2001:db8::1'],
  ['a proxy before a mapped address', '::1', '::ffff:198.51.100.1', '198.51.100.1'],
])('with %s', (_what, peer, header, ip) => {
  expect(clientAddress(peer, header, trusted)).toBe(ip);
});
