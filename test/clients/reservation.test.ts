import { expect, test } from 'vitest';
import { PlayerSlots } from '../../src/clients/player-slots.ts';
import { type ReservationDeps, reserve } from '../../src/clients/reservation.ts';
import type { Claim, Claims } from '../../src/model/shared-state.ts';
import { Hub } from '../../src/streams/hub.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { PLAY, vhost } from '../support/options.ts';

const KEY = { vhost: vhost().name, app: 'live', stream: 'cam' };
const CLAIM: Claim = { onAir: () => undefined, release: () => undefined };

/** Streams that other processes share, whose claims are answered so, one after another. */
function shared(...answers: readonly (() => Promise<Claim | undefined>)[]): ReservationDeps {
  const left = [...answers];
  const claims: Claims = {
    claim: () => left.shift()?.() ?? Promise.resolve(CLAIM),
    acquireSlot: () => Promise.resolve(() => undefined),
    isOnAir: () => Promise.resolve(false),
  };
  return { hub: new Hub(new FakeClock('real')), claims, slots: new PlayerSlots() };
}

test('a name is free again when its claim fails', async () => {
  const deps = shared(() => Promise.reject(new Error('the primary has gone')));
  await expect(reserve(deps, KEY, PLAY)).rejects.toThrow('the primary has gone');
  expect(await reserve(deps, KEY, PLAY)).toBeDefined();
});

test('a name is free again when another process has it', async () => {
  const deps = shared(() => Promise.resolve(undefined));
  expect(await reserve(deps, KEY, PLAY)).toBeUndefined();
  expect(await reserve(deps, KEY, PLAY)).toBeDefined();
});

test('a reserved name cannot be reserved again until its reservation has ended', async () => {
  const deps = shared();
  const reservation = await reserve(deps, KEY, PLAY);
  expect(await reserve(deps, KEY, PLAY)).toBeUndefined();
  reservation?.end();
  expect(await reserve(deps, KEY, PLAY)).toBeDefined();
});
