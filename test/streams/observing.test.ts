import { expect, test } from 'vitest';
import { KEY, openHub } from '../support/live.ts';

test('all observers hear of the first player, of the last one, once, and of the publisher\u2019s end', () => {
  const { hub, publish, join } = openHub();
  const heard: string[] = [];
  hub.observe({
    watched: () => heard.push('a watched'),
    unwatched: () => heard.push('a unwatched'),
    ended: () => heard.push('a ended'),
  });
  hub.observe({ unwatched: ({ stream }) => heard.push(`b unwatched ${stream}`) });
  const publication = publish();
  const [one, two] = [join().place, join().place];
  expect(hub.players(KEY)).toBe(2);
  one.close();
  one.close();
  two.close();
  two.close();
  publication.end();
  expect(heard).toEqual(['a watched', 'a unwatched', 'b unwatched cam', 'a ended']);
  expect(hub.players(KEY)).toBe(0);
});

test('a publisher leaves for a newer one if it has said how, and only while it is there', () => {
  const { hub, publish, reserve } = openHub();
  const first = publish();
  hub.evict(KEY);
  expect(hub.isOnAir(KEY)).toBe(true);
  first.setOwner({ leave: () => first.end(), pollNow: () => undefined });
  hub.evict(KEY);
  expect(hub.isOnAir(KEY)).toBe(false);
  const second = reserve();
  first.setOwner({ leave: () => second.end(), pollNow: () => undefined });
  hub.evict(KEY);
  second.start();
  expect(hub.isOnAir(KEY)).toBe(true);
});
