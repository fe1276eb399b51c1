import { expect, test } from 'vitest';
import { PlayerSlots } from '../../../src/clients/player-slots.ts';
import { RemoteViewers } from '../../../src/http/hls/hls-handler.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const KEY = { vhost: 'v', app: 'live', stream: 'cam' };

test('viewers with their sessions elsewhere are one player, as long as one of them asks for something', () => {
  const clock = new FakeClock();
  const slots = new PlayerSlots();
  const distant = new RemoteViewers({ clock, slots });
  distant.seen(KEY, 1000);
  distant.seen(KEY, 1000);
  expect(slots.taken(KEY)).toBe(1);
  clock.advance(900);
  distant.seen(KEY, 1000);
  clock.advance(900);
  expect(slots.taken(KEY)).toBe(1);
  clock.advance(100);
  expect(slots.taken(KEY)).toBe(0);
  distant.seen(KEY, 1000);
  expect(slots.taken(KEY)).toBe(1);
});

test('they take no place of a stream that has none', () => {
  const slots = new PlayerSlots();
  slots.limit(KEY, 0);
  new RemoteViewers({ clock: new FakeClock(), slots }).seen(KEY, 1000);
  expect(slots.taken(KEY)).toBe(0);
});
