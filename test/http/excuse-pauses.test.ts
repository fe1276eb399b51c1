import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { excusePauses } from '../../src/http/connections.ts';
import { FakeClock } from '../support/fake-clock.ts';

function open() {
  const clock = new FakeClock();
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 15_000 });
  excusePauses(server, clock);
  const limits = () => [server.headersTimeout, server.requestTimeout];
  return { clock, server, limits };
}

/** What the server looks at of a socket. */
class Idler extends EventEmitter {
  bytesRead = 100;
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
  }
}

test('a pause is added to the limits of requests that may have waited in it, and to no later ones', () => {
  const { clock, limits } = open();
  clock.advance(60_000);
  expect(limits()).toEqual([10_000, 15_000]);
  clock.pause(12_000);
  expect(limits()).toEqual([22_000, 27_000]);
  clock.advance(5_000);
  clock.pause(1_000);
  expect(limits()).toEqual([23_000, 28_000]);
  clock.advance(15_001);
  expect(limits()).toEqual([10_000, 15_000]);
});

test('a connection that was idle for too long is ended, unless its next request was there already', () => {
  const { clock, server } = open();
  const [idle, busy] = [new Idler(), new Idler()];
  for (const socket of [idle, busy]) server.emit('timeout', socket);
  busy.bytesRead += 50;
  expect([idle.destroyed, busy.destroyed]).toEqual([false, false]);
  clock.endTurn();
  expect([idle.destroyed, busy.destroyed]).toEqual([true, false]);
});
