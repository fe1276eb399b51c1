import { describe, expect, test } from 'vitest';
import { Journal, MAX_FOLLOWERS, MAX_JOURNAL_BYTES, shortId } from '../../src/hooks/delivery-log.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import { delivery } from '../support/deliveries.ts';

function journalOf(size: number, ...deliveries: Delivery[]): Journal {
  const journal = new Journal(size);
  for (const item of deliveries) journal.add(item);
  return journal;
}

const streams = (deliveries: Iterable<Delivery>) => Array.from(deliveries, ({ stream }) => stream);
const named = (...names: string[]) => names.map((stream) => delivery({ stream }));

describe('the ring', () => {
  test('keeps the last deliveries and lists the newest of them, the oldest first', () => {
    const journal = journalOf(3, ...named('a', 'b', 'c', 'd'));
    expect(streams(journal.list({}, 10))).toEqual(['b', 'c', 'd']);
    expect(streams(journal.list({}, 2))).toEqual(['c', 'd']);
  });

  test('finds a delivery by its id and by the short one, as long as it is there', () => {
    const [first, second] = [delivery(), delivery({ eventId: '3f2a9c1b-0000-4000-8000-00000000000f' })];
    const journal = journalOf(1, first, second);
    expect(journal.find(first.id)).toBeUndefined();
    expect(journal.find(second.id)?.id).toBe(second.id);
    expect(shortId(second.id)).toBe('3f2a9c1b-1');
    expect(journal.find('3f2a9c1b-1')?.id).toBe(second.id);
  });

  test('becomes smaller and larger with the configuration, and keeps what fits', () => {
    const journal = journalOf(3, ...named('a', 'b', 'c'));
    journal.configure(2, []);
    expect(streams(journal.list({}, 10))).toEqual(['b', 'c']);
    journal.configure(4, []);
    for (const item of named('d', 'e', 'f')) journal.add(item);
    expect(streams(journal.list({}, 10))).toEqual(['c', 'd', 'e', 'f']);
    journal.configure(0, []);
    journal.add(delivery());
    expect([...journal.list({}, 10)]).toEqual([]);
  });

  test('holds fewer deliveries where these are large', () => {
    const body = 'x'.repeat(1_000_000);
    const journal = new Journal(1000);
    for (let count = 0; count < 100; count++) journal.add(delivery({ request: { headers: [], body } }));
    expect(journal.length).toBe(Math.floor(MAX_JOURNAL_BYTES / 2_001_024));
  });

  test('shows what is masked and has what was sent', () => {
    const sent = delivery({ request: { headers: [], body: '{"param":"?token=abcdef"}' } });
    const journal = journalOf(10, sent);
    expect(journal.find(sent.id)?.request.body).toBe('{"param":"?token=***"}');
    expect(journal.original(sent.id)).toBe(sent);
  });
});

test('filters go by vhost, event, client and failure; a refused question is none, a refused closing event is', () => {
  const journal = journalOf(
    10,
    delivery({ stream: 'vhost', vhost: 'other' }),
    delivery({ stream: 'client', clientId: 'zzzzzzzz' }),
    delivery({ stream: 'no', outcome: 'refused' }),
    delivery({ stream: 'lost', outcome: 'failed' }),
    delivery({ stream: 'open', outcome: 'skipped' }),
    delivery({ stream: 'end', outcome: 'refused', action: 'on_unpublish' }),
  );
  expect(streams(journal.list({ vhost: 'other' }, 10))).toEqual(['vhost']);
  expect(streams(journal.list({ client: 'zzzzzzzz' }, 10))).toEqual(['client']);
  expect(streams(journal.list({ event: 'on_unpublish' }, 10))).toEqual(['end']);
  expect(streams(journal.list({ failed: true }, 10))).toEqual(['lost', 'open', 'end']);
  expect(streams(journal.list({ failed: false }, 2))).toEqual(['open', 'end']);
});

describe('following', () => {
  test('begins with what comes next, filtered', async () => {
    const journal = journalOf(10, ...named('before'));
    const follower = journal.follow({ event: 'on_play' });
    const more = follower?.more();
    journal.add(delivery({ stream: 'a' }));
    journal.add(delivery({ stream: 'b', action: 'on_play' }));
    await more;
    const taken = follower?.takeDeliveries(10);
    expect(streams(taken?.deliveries ?? [])).toEqual(['b']);
    expect(taken?.missed).toBe(0);
  });

  test('one who is slow misses what the ring forgets, and learns how much', () => {
    const journal = new Journal(2);
    const follower = journal.follow({});
    for (const item of named('a', 'b', 'c', 'd', 'e')) journal.add(item);
    const taken = follower?.takeDeliveries(1);
    expect([streams(taken?.deliveries ?? []), taken?.missed]).toEqual([['d'], 3]);
    expect(streams(follower?.takeDeliveries(10)?.deliveries ?? [])).toEqual(['e']);
  });

  test('what was only counted is missed too', async () => {
    const journal = new Journal(2);
    const follower = journal.follow({});
    journal.skip(7);
    await follower?.more();
    expect(follower?.takeDeliveries(10)).toEqual({ deliveries: [], missed: 7 });
    expect(follower?.takeDeliveries(10)).toEqual({ deliveries: [], missed: 0 });
  });

  test('ends behind the last delivery when the journal closes', async () => {
    const journal = new Journal(10);
    const follower = journal.follow({});
    const more = follower?.more();
    journal.add(delivery({ stream: 'last' }));
    journal.close();
    await more;
    expect(streams(follower?.takeDeliveries(10)?.deliveries ?? [])).toEqual(['last']);
    expect(follower?.takeDeliveries(10)).toBeUndefined();
  });

  test('is for a few at the same time', () => {
    const journal = new Journal(10);
    const followers = Array.from({ length: MAX_FOLLOWERS }, () => journal.follow({}));
    expect(journal.follow({})).toBeUndefined();
    followers[0]?.close();
    expect(journal.follow({})).toBeDefined();
  });
});

describe('stream keys', () => {
  const renaming = (stream: string) => ({
    status: 200,
    headers: [],
    body: JSON.stringify({ code: 0, data: { stream } }),
  });

  test('a name that an answer replaced is not shown, nor in other events of that stream and that client', () => {
    const connect = delivery({
      action: 'on_connect',
      stream: '',
      request: { headers: [], body: '{"tcUrl":"rtmp://h/live/sesame"}' },
    });
    const publish = delivery({
      stream: 'sesame',
      request: { headers: [], body: '{"stream":"sesame","stream_url":"/live/sesame"}' },
      response: renaming('alice'),
    });
    const other = delivery({ stream: 'sesame', clientId: 'another0' });
    const journal = journalOf(10, connect, publish, other);
    expect(journal.find(publish.id)).toMatchObject({
      stream: '***',
      request: { body: '{"stream":"***","stream_url":"/live/***"}' },
      response: { body: '{"code":0,"data":{"stream":"alice"}}' },
    });
    expect(journal.find(connect.id)?.request.body).toBe('{"tcUrl":"rtmp://h/live/***"}');
    expect(journal.find(other.id)?.stream).toBe('***');
    expect(journal.original(publish.id)).toBe(publish);
  });

  test('nginx-rtmp renames with a redirect to a plain name', () => {
    const to = (location: string) => ({ status: 302, headers: [['Location', location]] as const, body: '' });
    const renamed = delivery({ stream: 'sesame', response: to('alice') });
    const redirected = delivery({ stream: 'cinema', response: to('rtmp://other/live/cinema') });
    const journal = journalOf(10, renamed, redirected);
    expect(journal.find(renamed.id)?.stream).toBe('***');
    expect(journal.find(redirected.id)?.stream).toBe('cinema');
  });

  test('a name stays visible that was confirmed, or whose new name was refused', () => {
    const confirmed = delivery({ stream: 'cam', response: renaming('cam') });
    const refused = delivery({ stream: 'pic', response: renaming('other'), outcome: 'refused' });
    const journal = journalOf(10, confirmed, refused);
    expect(streams(journal.list({}, 10))).toEqual(['cam', 'pic']);
  });

  test('an answer too long to be kept whole may rename: its name is hidden', () => {
    const cut = { status: 200, headers: [], body: '{"code":0,"data":{"stream":"ali' };
    const journal = journalOf(10, delivery({ stream: 'sesame', response: cut }));
    expect(streams(journal.list({}, 1))).toEqual(['***']);
  });
});
