import { expect, test } from 'vitest';
import type { Event } from '../../../src/cli/callbacks/event.ts';
import { InteractiveBackend } from '../../../src/cli/hooks/interactive-backend.ts';

const EVENT: Event = {
  action: 'on_publish',
  client_id: 7,
  ip: '203.0.113.9',
  vhost: 'v',
  app: 'live',
  stream: 'cam',
  param: '?token=abcdef',
  tcUrl: 'rtmp://h/live',
  event_id: '',
};
const YES = { status: 200, body: { code: 0, data: null } };
const no = (message: string) => ({ status: 403, body: { code: 403, data: null, message } });
const staying = () => new AbortController().signal;

function open(mode: 'ask' | 'allow' | 'deny' = 'ask') {
  const lines: string[] = [];
  const time = { now: 0 };
  const keeper = new InteractiveBackend(
    { print: (line) => lines.push(line.replace(/^\S+ /, '')), now: () => time.now },
    10_000,
    mode,
  );
  return { keeper, lines, time };
}

test('a lets one client in, and the next is asked about', async () => {
  const { keeper, lines } = open();
  const first = keeper.ask(EVENT, staying());
  const second = keeper.ask({ ...EVENT, stream: 'other' }, staying());
  expect(keeper.prompt).toBe(
    'on_publish cam: a allow, d deny, A allow all, D deny all (10 s left, 1 more wait)',
  );
  keeper.press('a');
  expect(await first).toEqual(YES);
  expect(keeper.prompt).toContain('on_publish other');
  keeper.press('a');
  expect(await second).toEqual(YES);
  expect(lines[0]).toBe('on_publish   client=7 ip=203.0.113.9 v/live/cam param=?token=*** -> allowed');
});

test('d asks for a reason, which can be corrected, and Enter says it', async () => {
  const { keeper, lines } = open();
  const answer = keeper.ask(EVENT, staying());
  keeper.press('d');
  keeper.press('no ticke\u007fets');
  keeper.press('\u001b[');
  expect(keeper.prompt).toContain('a allow');
  keeper.press('dno tx\u007fickets');
  expect(keeper.prompt).toBe('on_publish cam: why not? (Enter denies) no tickets');
  keeper.press('\r');
  expect(await answer).toEqual(no('no tickets'));
  expect(lines[0]).toContain('-> denied: no tickets');
});

test('a no without a reason says that a person said it', async () => {
  const { keeper } = open();
  const answer = keeper.ask(EVENT, staying());
  keeper.press('d\r');
  expect(await answer).toEqual(no('denied by hand'));
});

test('A and D answer all that wait and all that come, until i asks again', async () => {
  const { keeper } = open();
  const waiting = [keeper.ask(EVENT, staying()), keeper.ask(EVENT, staying())];
  keeper.press('A');
  expect(await Promise.all(waiting)).toEqual([YES, YES]);
  expect(await keeper.ask(EVENT, staying())).toEqual(YES);
  expect(keeper.prompt).toMatch(/^allowing all/);
  keeper.press('D');
  expect(await keeper.ask(EVENT, staying())).toEqual(no('denied by hand'));
  keeper.press('i');
  const asked = keeper.ask(EVENT, staying());
  keeper.press('a');
  expect(await asked).toEqual(YES);
});

test('what is told is taken at once, also where all is denied', async () => {
  const { keeper, lines } = open('deny');
  expect(await keeper.ask({ ...EVENT, action: 'on_close' }, staying())).toEqual(YES);
  expect(lines[0]).toContain('-> taken');
});

test('the time that is left runs down, and a server that hangs up takes its question with it', async () => {
  const { keeper, lines, time } = open();
  const gone = new AbortController();
  const answer = keeper.ask(EVENT, gone.signal);
  keeper.press('dtoo sl');
  time.now = 8_500;
  keeper.press('\u001b');
  expect(keeper.prompt).toContain('(2 s left)');
  keeper.press('dx');
  gone.abort();
  await answer;
  expect(lines).toEqual([
    'on_publish   client=7 ip=203.0.113.9 v/live/cam param=?token=*** -> too late: the server does not wait any more',
  ]);
  expect(keeper.prompt).toMatch(/^waiting for events/);
});

test('Ctrl-C and Ctrl-D end it', () => {
  const { keeper } = open();
  expect(['\u0003', '\u0004', 'x'].map((key) => keeper.press(key))).toEqual([true, true, false]);
});
