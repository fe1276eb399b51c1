import { expect, test } from 'vitest';
import { Rpc, type RpcMessage } from '../../src/cluster/rpc.ts';
import { Deadline } from '../../src/model/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/memory-server.ts';

interface Methods {
  double(value: number): Promise<number>;
  note(text: string): void;
}

/** Two ends, with messages that take a turn and are copied, and what was sent to the one with the methods. */
function pair(double: (value: number) => Promise<number> = async (value) => 2 * value) {
  const sent: RpcMessage[] = [];
  const notes: string[] = [];
  const methods = { double, note: (text: string) => void notes.push(text) };
  const server: Rpc<object> = new Rpc((message) => setImmediate(() => caller.take(message)), methods);
  const caller = new Rpc<Methods>((message) => {
    sent.push(structuredClone(message));
    setImmediate(() => server.take(message));
  });
  return { caller, server, sent, notes };
}

test('each call gets its own answer, in whichever order they come', async () => {
  const answers: (() => void)[] = [];
  const { caller } = pair((value) => new Promise((resolve) => answers.push(() => resolve(2 * value))));
  const calls = [caller.call('double', 1), caller.call('double', 2)];
  await settled();
  for (const answer of answers.reverse()) answer();
  expect(await Promise.all(calls)).toEqual([2, 4]);
});

test('a notice is run, and not answered', async () => {
  const { caller, sent, notes, server } = pair();
  caller.notify('note', 'a');
  await settled();
  expect(notes).toEqual(['a']);
  expect(sent).toMatchObject([{ type: 'call', id: undefined }]);
  // An answer that nobody waits for, and a method that there is not, are nothing.
  caller.take({ type: 'answer', id: 7, result: 1 });
  server.take({ type: 'call', id: undefined, method: 'toString', args: [] });
});

test('a call with a deadline ends with it, or with the other process', async () => {
  const clock = new FakeClock();
  const { caller } = pair(() => new Promise(() => undefined));
  const late = caller.callBy(new Deadline(clock, 1000), 'double', 1);
  clock.advance(1000);
  expect(await late).toBeUndefined();
  const cut = caller.callBy(new Deadline(clock, 1000), 'double', 1);
  caller.close();
  expect(await cut).toBeUndefined();
  expect(clock.pending).toEqual([]);
});
