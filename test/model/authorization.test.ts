import { expect, test } from 'vitest';
import { ALLOWED, composeGate } from '../../src/model/authorization.ts';
import type { ClosingEvent, GateEvent } from '../../src/model/events.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';

const FACTS = {
  client: { number: 1, id: 'abcdefgh', ip: '192.0.2.1' },
  vhost: 'v',
  app: 'live',
  stream: 'cam',
  param: '',
  tcUrl: 'rtmp://v/live',
  pageUrl: '',
};
const question: GateEvent = { ...FACTS, action: 'on_publish' };
const ending: ClosingEvent = {
  ...FACTS,
  action: 'on_unpublish',
  reason: 'client',
  durationMs: 1,
  sendBytes: 2,
  recvBytes: 3,
};
const { signal } = new AbortController();

test('gates are asked one after the other', async () => {
  const first = new FakeGate().keepsWaiting('on_publish');
  const second = new FakeGate();
  const verdict = composeGate([first, second], []).authorize(question, signal);
  const asked = await first.question();
  expect(second.asked).toEqual([]);
  asked.answer(ALLOWED);
  expect(await verdict).toEqual(ALLOWED);
  expect(second.asked).toEqual([question]);
});

test('the first refusal is the answer and the gates behind it are not asked', async () => {
  const no = new FakeGate().answers('on_publish', refused('not you'));
  const never = new FakeGate();
  expect(await composeGate([new FakeGate(), no, never], []).authorize(question, signal)).toEqual(
    refused('not you'),
  );
  expect(never.asked).toEqual([]);
});

test('every gate is handed the signal by which the client calls a question back', async () => {
  const gate = new FakeGate().keepsWaiting('on_publish');
  const client = new AbortController();
  const verdict = composeGate([gate], []).authorize(question, client.signal);
  await gate.question();
  client.abort();
  expect(await verdict).toEqual(refused('the client has gone'));
});

test('every gate is told', () => {
  const gates = [new FakeGate(), new FakeGate()];
  composeGate([], gates).emit(ending);
  expect(gates.map((gate) => gate.told)).toEqual([[ending], [ending]]);
});

test('no gate at all lets everybody through', async () => {
  expect(await composeGate([], []).authorize(question, signal)).toEqual(ALLOWED);
});
