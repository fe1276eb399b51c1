import { describe, expect, test } from 'vitest';
import { accessAuthorizer } from '../../src/access/access-authorizer.ts';
import type { GateAction, GateEvent } from '../../src/model/events.ts';
import type { ReferOptions, SecurityRule, VhostOptions } from '../../src/model/options.ts';
import { vhost } from '../support/options.ts';

const rule = (text: string): SecurityRule => {
  const [verdict, role, from = ''] = text.split(' ');
  return { verdict: verdict as 'allow', role: role as 'play', from };
};

const REFER: ReferOptions = { enabled: true, all: [], publish: [], play: [] };

/** What the gate of one vhost says, as its message; empty is a yes. */
async function ask(
  options: Partial<VhostOptions>,
  action: GateAction,
  who: { ip?: string; pageUrl?: string; vhost?: string } = {},
): Promise<string> {
  const gate = accessAuthorizer(new Map([['v', vhost({ name: 'v', ...options })]]));
  const event: GateEvent = {
    action,
    client: { number: 1, id: 'abcdefgh', ip: who.ip ?? '203.0.113.9' },
    vhost: who.vhost ?? 'v',
    app: 'live',
    stream: 'cam',
    param: '',
    tcUrl: '',
    pageUrl: who.pageUrl ?? '',
  };
  const verdict = await gate.authorize(event, new AbortController().signal);
  return verdict.allowed ? '' : verdict.message;
}

const secured = (...rules: string[]) => ({ security: rules.map(rule) });

describe('security', () => {
  test.each<[string, string[], GateAction, string, string]>([
    ['an allowed address', ['allow play 203.0.113.9'], 'on_play', '203.0.113.9', ''],
    ['an allowed network', ['allow play 203.0.113.0/24'], 'on_play', '203.0.113.200', ''],
    ['an IPv6 network', ['allow play 2001:db8::/32'], 'on_play', '2001:db8::9', ''],
    ['everybody', ['allow play all'], 'on_play', '198.51.100.1', ''],
    [
      'an address that is not allowed',
      ['allow play 203.0.113.9'],
      'on_play',
      '198.51.100.1',
      'no allow rule matches',
    ],
    ['a denied address', ['deny play 203.0.113.9'], 'on_play', '203.0.113.9', 'deny play 203.0.113.9'],
    ['an address that is not denied', ['deny play 203.0.113.9'], 'on_play', '198.51.100.1', ''],
    [
      'a denied one among the allowed',
      ['allow play all', 'deny play 203.0.113.9'],
      'on_play',
      '203.0.113.9',
      'deny play',
    ],
    [
      'a denied one whatever comes first',
      ['deny play 203.0.113.9', 'allow play all'],
      'on_play',
      '203.0.113.9',
      'deny play',
    ],
    ['the other role', ['allow publish 203.0.113.9'], 'on_play', '203.0.113.9', 'no allow rule matches'],
    ['a publisher', ['allow publish 203.0.113.9'], 'on_publish', '203.0.113.9', ''],
    ['a publisher whom only players are denied', ['deny play all'], 'on_publish', '203.0.113.9', ''],
    ['anybody where there are no rules', [], 'on_publish', '203.0.113.9', 'it has no rules'],
    [
      'on_connect, whatever the rules',
      ['deny play all', 'deny publish all'],
      'on_connect',
      '203.0.113.9',
      '',
    ],
  ])('%s', async (_who, rules, action, ip, refusal) => {
    const message = await ask(secured(...rules), action, { ip });
    if (refusal === '') expect(message).toBe('');
    else expect(message).toContain(refusal);
  });

  test('says who was refused, and why', async () => {
    expect(await ask(secured('deny publish all'), 'on_publish')).toBe(
      'publish from 203.0.113.9 is refused by "security": deny publish all',
    );
  });

  test('that is off is no door', async () => {
    expect(await ask({ security: undefined }, 'on_play')).toBe('');
  });
});

describe('refer', () => {
  const page = (pageUrl: string, refer: Partial<ReferOptions>, action: GateAction = 'on_play') =>
    ask({ refer: { ...REFER, ...refer } }, action, { pageUrl });

  test('admits pages whose host ends as a listed one does', async () => {
    const all = ['example.com'];
    expect(await page('http://example.com/watch', { all })).toBe('');
    expect(await page('https://www.example.com:8443/watch?x=1', { all })).toBe('');
    expect(await page('http://EXAMPLE.com/', { all })).toBe('');
    expect(await page('http://example.org/', { all })).toBe(
      'a page at example.org may not embed this, says "refer"',
    );
    expect(await page('http://example.com.evil.org/', { all })).toContain('example.com.evil.org');
    expect(await page('http://evil.org/?example.com', { all })).toContain('evil.org');
  });

  test('refuses who names no page, or nonsense, where pages are listed', async () => {
    expect(await page('', { all: ['example.com'] })).toContain('a page at (none)');
    expect(await page('example.com', { all: ['example.com'] })).toContain('a page at (none)');
    expect(await page('', {})).toBe('');
  });

  test('has lists for each role beside that for all, and both count', async () => {
    const refer = { all: ['example.com'], publish: ['studio.example.com'] };
    expect(await page('http://www.example.com/', refer)).toBe('');
    expect(await page('http://www.example.com/', refer, 'on_publish')).not.toBe('');
    expect(await page('http://studio.example.com/', refer, 'on_publish')).toBe('');
    expect(await page('http://studio.example.com/', { play: ['a.org'] }, 'on_publish')).toBe('');
  });

  test('that is off is no door', async () => {
    expect(await page('', { enabled: false, all: ['example.com'] })).toBe('');
  });

  test('comes after security', async () => {
    const both = { ...secured('deny play all'), refer: { ...REFER, all: ['example.com'] } };
    expect(await ask(both, 'on_play')).toContain('security');
  });
});

test('a vhost without rules, and one that the gate has not heard of, are open', async () => {
  expect(await ask({}, 'on_publish')).toBe('');
  expect(await ask({}, 'on_publish', { vhost: 'other' })).toBe('');
});
