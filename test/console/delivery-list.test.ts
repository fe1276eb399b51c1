import { describe, expect, test } from 'vitest';
import { fitsFilter, readFilter } from '../../src/console/hooks/delivery-filter.ts';
import { addDeliveries, MOST_KEPT, NO_DELIVERIES } from '../../src/console/hooks/delivery-list.ts';
import type { Delivery } from '../../src/model/delivery.ts';
import { DELIVERY } from './delivery.ts';

const delivery = (id: string): Delivery => ({ ...DELIVERY, id });
const ids = (list: readonly Delivery[]) => list.map(({ id }) => id).join(' ');

describe('the list of deliveries', () => {
  const two = addDeliveries(NO_DELIVERIES, [delivery('1'), delivery('2')], false);

  test('shows the newest first, and none twice', () => {
    expect(ids(two.shown)).toBe('2 1');
    expect(ids(addDeliveries(two, [delivery('2'), delivery('3')], false).shown)).toBe('3 2 1');
  });

  test('stands still while it is held, and shows what has waited afterwards', () => {
    const held = addDeliveries(addDeliveries(two, [delivery('3')], true), [delivery('4')], true);
    expect([ids(held.shown), ids(held.waiting)]).toEqual(['2 1', '4 3']);
    const shown = addDeliveries(held, [], false);
    expect([ids(shown.shown), ids(shown.waiting)]).toEqual(['4 3 2 1', '']);
  });

  test('keeps no more than its bound, shown or waiting', () => {
    const many = Array.from({ length: MOST_KEPT + 10 }, (_, index) => delivery(`m${index}`));
    expect(addDeliveries(two, many, false).shown).toHaveLength(MOST_KEPT);
    const held = addDeliveries(two, many, true);
    expect(held.waiting).toHaveLength(MOST_KEPT);
    expect(held.waiting[0]?.id).toBe(`m${MOST_KEPT + 9}`);
  });
});

describe('a filter', () => {
  test.each([
    [{}, true],
    [{ event: 'on_publish', vhost: 'a.example.com', client: 'k2m9xq01', outcome: 'allowed' }, true],
    [{ event: 'on_play' }, false],
    [{ outcome: 'refused' }, false],
    [{ url: 'http://127.0.0.1:8085/streams' }, true],
    [{ url: 'http://127.0.0.1:8085' }, false],
  ])('%j fits: %s', (query, fits) => {
    expect(fitsFilter(delivery('1'), readFilter(query as Record<string, string>))).toBe(fits);
  });
});
