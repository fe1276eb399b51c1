import { expect, test } from 'vitest';
import { Seats } from '../../../src/clients/player-slots.ts';
import { DistantViewers } from '../../../src/http/hls/remote-viewers.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const KEY = { vhost: 'v', app: 'live', stream: 'cam' };

test('viewers with their sessions elsewhere are one player, as long as one of them asks for something', () => {
  const clock = new FakeClock();
  const seats = new Seats();
  const distant = new DistantViewers({ clock, seats });
  distant.seen(KEY, 1000);
  distant.seen(KEY, 1000);
  expect(seats.taken(KEY)).toBe(1);
  clock.advance(900);
  distant.seen(KEY, 1000);
  clock.advance(900);
  expect(seats.taken(KEY)).toBe(1);
  clock.advance(100);
  expect(seats.taken(KEY)).toBe(0);
  distant.seen(KEY, 1000);
  expect(seats.taken(KEY)).toBe(1);
});

test('they take no place of a stream that has none', () => {
  const seats = new Seats();
  seats.limit(KEY, 0);
  new DistantViewers({ clock: new FakeClock(), seats }).seen(KEY, 1000);
  expect(seats.taken(KEY)).toBe(0);
});
