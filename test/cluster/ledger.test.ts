import { expect, test } from 'vitest';
import { Ledger } from '../../src/cluster/ledger.ts';
import type { LedgerEntry } from '../../src/cluster/messages.ts';
import { reportingGate } from '../../src/cluster/reporting-gate.ts';
import type { ClosingEvent, GateEvent } from '../../src/model/lifecycle.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';

const client = { number: 7, id: 'a1b2c3d4', ip: '192.0.2.1' };
const FACTS = { client, vhost: 'v', app: 'live', stream: '', param: '', tcUrl: '', pageUrl: '' };
const question = (action: GateEvent['action'], stream = ''): GateEvent => ({ ...FACTS, action, stream });
const ending = (action: ClosingEvent['action'], stream = ''): ClosingEvent => ({
  ...FACTS,
  action,
  stream,
  reason: 'client',
  durationMs: 5,
  sendBytes: 1,
  recvBytes: 2,
});

/** A worker's gate, the primary's ledger, and the gates behind both. */
function open(hooked: (vhost: string) => boolean = () => true) {
  const clock = new FakeClock();
  const asking = new FakeGate();
  const telling = new FakeGate();
  const ledger = new Ledger(clock, () => telling);
  const entries: LedgerEntry[] = [];
  const gate = reportingGate(asking, hooked, 0, (entry) => {
    entries.push(entry);
    ledger.take(entry);
  });
  const ask = (event: GateEvent) => gate.ask(event, new AbortController().signal);
  return { clock, asking, telling, ledger, entries, gate, ask };
}

test('what a worker tells goes to the backends once, from the primary', async () => {
  const { ask, gate, telling, asking, ledger } = open();
  await ask(question('on_connect'));
  await ask(question('on_play', 'cam'));
  gate.tell(ending('on_stop', 'cam'));
  gate.tell(ending('on_stop', 'cam'));
  gate.tell(ending('on_close'));
  expect(telling.told).toEqual([ending('on_stop', 'cam'), ending('on_close')]);
  expect(asking.told).toEqual([]);
  expect(ledger.abandon()).toBe(0);
});

test('what a worker leaves open when it ends is told for it, plays and publishes before connections', async () => {
  const { ask, clock, telling, ledger } = open();
  await ask(question('on_connect'));
  await ask(question('on_publish', 'cam'));
  clock.advance(1500);
  expect(ledger.abandon()).toBe(1);
  expect(telling.told).toMatchObject([
    { action: 'on_unpublish', stream: 'cam', client, reason: 'server_restart', durationMs: 1500 },
    { action: 'on_close', stream: '', client, reason: 'server_restart' },
  ]);
  expect(ledger.abandon()).toBe(0);
});

test('a refused publish has no end; a refused client has', async () => {
  const { ask, asking, telling, ledger } = open();
  asking.answers('on_publish', refused('no')).answers('on_connect', refused('no'));
  await ask(question('on_connect'));
  await ask(question('on_publish', 'cam'));
  ledger.abandon();
  expect(telling.told.map(({ action }) => action)).toEqual(['on_close']);
});

test('a client whose backend is still being asked is closed too', async () => {
  const { ask, asking, telling, ledger } = open();
  asking.keepsWaiting('on_connect');
  void ask(question('on_connect'));
  await asking.question();
  ledger.abandon();
  expect(telling.told.map(({ action }) => action)).toEqual(['on_close']);
});

test('vhosts without hooks cost the primary nothing', async () => {
  const { ask, gate, entries } = open(() => false);
  await ask(question('on_connect'));
  await ask(question('on_play', 'cam'));
  gate.tell(ending('on_stop', 'cam'));
  expect(entries).toEqual([]);
});

test('a stream that the backend renames is closed under its new name, by the worker or for it', async () => {
  const { ask, asking, gate, telling, ledger } = open();
  asking.answers('on_publish', { allowed: true, grant: { stream: 'alice' } });
  await ask({ ...question('on_publish', 'secret'), opening: 2 });
  await ask({ ...question('on_publish', 'other'), opening: 3 });
  gate.tell({ ...ending('on_unpublish', 'alice'), opening: 3 });
  ledger.abandon();
  expect(telling.told).toMatchObject([
    { action: 'on_unpublish', stream: 'alice', opening: 3, reason: 'client' },
    { action: 'on_unpublish', stream: 'alice', opening: 2, reason: 'server_restart' },
  ]);
});
