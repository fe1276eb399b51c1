import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHooks } from '../../../src/hooks/hooks.ts';
import type { HookOptions } from '../../../src/model/options.ts';
import { OUTBOX } from '../../support/options.ts';
import { stopped } from '../../support/stopped.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import type { Script } from '../scripted-backend.ts';
import {
  backend,
  closingEvent,
  FACTS,
  gateEvent,
  gateFor,
  handClock,
  hookOptions,
  keepingLogger,
  keepingObserver,
  SERVER,
  staying,
} from '../support.ts';

/** A backend that is asked, one that is told, and runs of the hooks over one state directory. */
async function setting(answer: Script, options: Partial<HookOptions> = {}) {
  const asked = await backend(answer);
  const told = await backend(() => '0');
  const place = stopped(temporaryDirectory());
  const run = (stateDir: string, serviceId: string) => {
    const clock = handClock();
    const hooks = createHooks({
      logger: keepingLogger(),
      clock,
      ...SERVER,
      serviceId,
      version: '0.1.0',
      observer: keepingObserver(),
      outbox: { options: { ...OUTBOX, enabled: true }, stateDir },
    });
    onTestFinished(() => hooks.close());
    const urls = { on_connect: [asked.origin], on_close: [told.origin] };
    const gate = gateFor(hooks, new Map([[FACTS.vhost, hookOptions(urls, { timeoutMs: 1000, ...options })]]));
    const client = (number: number) => ({ client: { ...FACTS.client, number }, opening: 1 });
    return {
      hooks,
      clock,
      connect: (number: number) => gate.authorize(gateEvent('on_connect', client(number)), staying()),
      close: (number: number) => gate.emit(closingEvent('on_close', client(number))),
    };
  };
  const numbers = (peer: typeof told) =>
    peer.received.map(({ body }) => Number((JSON.parse(body) as { client_id: number }).client_id));
  return {
    asked,
    told,
    first: () => run(place.file('now'), SERVER.serviceId),
    /** The next run, after a crash at this moment. */
    afterCrash() {
      cpSync(place.file('now'), place.file('then'), { recursive: true });
      return run(place.file('then'), 'svc00002');
    },
    numbersAsked: () => numbers(asked),
    numbersTold: () => numbers(told),
    /** True if a text is in one of the files of the outbox. */
    isWritten: (text: string) =>
      readdirSync(place.file('now/outbox')).some((name) =>
        readFileSync(join(place.file('now/outbox'), name)).includes(text),
      ),
  };
}

/** The end of what was told, as far as it can be told now. */
async function delivered(run: { hooks: { drain(ms: number): Promise<unknown> } }): Promise<void> {
  await run.hooks.drain(10_000);
}

/** Lets time go on until it is on record that a question waits. */
async function waits(
  { clock }: { clock: { advance(ms: number): void } },
  isWritten: (text: string) => boolean,
) {
  await until('the record of a question that waits', () => {
    clock.advance(20);
    return isWritten('"waits":true');
  });
}

test('the end of a connection is not told if its question had no room to wait in', async () => {
  const { first, numbersAsked, numbersTold, asked } = await setting(() => undefined, {
    maxConnections: 1,
    maxQueue: 1,
  });
  const run = first();
  const one = run.connect(1);
  await asked.arrival(1);
  const two = run.connect(2);
  const three = run.connect(3);
  expect([await Promise.race([two, three])]).toMatchObject([{ allowed: false }]);
  run.clock.advance(1000);
  for (const verdict of await Promise.all([one, two, three])) expect(verdict.allowed).toBe(false);
  for (const number of [1, 2, 3]) run.close(number);
  await delivered(run);
  expect([numbersAsked(), numbersTold()]).toEqual([[1], [1]]);
});

test('nor if it was let in because nobody could be asked', async () => {
  const { first, numbersAsked, numbersTold, asked } = await setting(() => undefined, {
    maxConnections: 1,
    onError: 'allow',
  });
  const run = first();
  const both = [run.connect(1), run.connect(2)];
  await asked.arrival(1);
  run.clock.advance(1000);
  for (const verdict of await Promise.all(both)) expect(verdict.allowed).toBe(true);
  for (const number of [1, 2]) run.close(number);
  await delivered(run);
  expect([numbersAsked(), numbersTold()]).toEqual([[1], [1]]);
});

test('nor after a crash while its question waits', async () => {
  const { first, afterCrash, numbersTold, asked, isWritten } = await setting(() => undefined, {
    maxConnections: 1,
    timeoutMs: 600_000,
  });
  const run = first();
  void run.connect(1);
  await asked.arrival(1);
  void run.connect(2);
  await waits(run, isWritten);
  await delivered(afterCrash());
  expect(numbersTold()).toEqual([1]);
});

test('what has waited is on record as asked before it is sent', async () => {
  const { first, afterCrash, numbersAsked, numbersTold, asked, isWritten } = await setting(
    () => (asked.received.length === 1 ? undefined : '0'),
    { maxConnections: 1, timeoutMs: 600_000 },
  );
  const run = first();
  void run.connect(1);
  const { socket } = await asked.arrival(1);
  const two = run.connect(2);
  await waits(run, isWritten);
  socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n0');
  expect(await two).toMatchObject({ allowed: true });
  await delivered(afterCrash());
  expect([numbersAsked(), numbersTold().sort()]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('who was let in by the answer to the same question is closed like others', async () => {
  const { first, numbersAsked, numbersTold } = await setting(() => '0', {
    cacheMs: 60_000,
    cacheKey: ['app'],
  });
  const run = first();
  await Promise.all([run.connect(1), run.connect(2)]);
  await run.connect(3);
  for (const number of [1, 2, 3]) run.close(number);
  await delivered(run);
  expect([numbersAsked(), numbersTold().sort()]).toEqual([[1], [1, 2, 3]]);
});
