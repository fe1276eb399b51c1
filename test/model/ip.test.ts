import { expect, test } from 'vitest';
import { formatIp, isNetwork, networkMatcher } from '../../src/model/ip.ts';

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:203.0.113.9', '203.0.113.9'],
  ['::ffff:cb00:7109', '203.0.113.9'],
  ['0:0:0:0:0:ffff:cb00:7109', '203.0.113.9'],
  ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:DB8::A', '2001:db8::a'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['', ''],
])('the address %s is shown as %s', (raw, shown) => {
  expect(formatIp(raw)).toBe(shown);
});

test.each([
  ['10.0.0.0/8', true],
  ['10.0.0.1', true],
  ['10.0.0.0/32', true],
  ['10.0.0.0/33', false],
  ['::1', true],
  ['2001:db8::/32', true],
  ['2001:db8::/128', true],
  ['2001:db8::/129', false],
  ['10.0.0.0/', false],
  ['10.0.0.0/8/8', false],
  ['10.0.0.0/-1', false],
  ['10.0.0', false],
  ['all', false],
  ['', false],
])('%s is a network: %s', (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});

test('a matcher knows the addresses of its networks and no others', () => {
  const matches = networkMatcher(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);
  const inside = ['10.255.0.1', '192.0.2.7', '2001:db8:ffff::1', '::1'];
  const outside = ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '', 'nonsense'];
  expect(inside.map(matches)).toEqual(inside.map(() => true));
  expect(outside.map(matches)).toEqual(outside.map(() => false));
});

test('a matcher of no networks matches nothing', () => {
  expect(networkMatcher([])('10.0.0.1')).toBe(false);
});
