import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Outcome, Queue } from '../../../src/hooks/outbox/queue.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A queue whose deliveries end when the test says so. */
function handQueue(maxRunning = 32) {
  const clock = new FakeClock();
  const running: { seq: number; barred: string[]; end: (outcome?: Outcome) => Promise<void> }[] = [];
  const queue = new Queue(clock, {
    maxRunning,
    deliver: (seq, barred) =>
      new Promise((resolve) => {
        running.push({
          seq,
          barred: [...barred],
          end: (outcome = 'done') => {
            resolve(outcome);
            return settled();
          },
        });
      }),
  });
  const add = (seq: number, lines: readonly string[], vhost = 'v') => {
    queue.add({ seq, since: 0, vhost, lines });
    queue.release(seq);
  };
  const begun = () => running.map(({ seq }) => seq);
  const end = (seq: number, outcome?: Outcome) => running.findLast((run) => run.seq === seq)?.end(outcome);
  return { clock, queue, running, add, begun, end };
}

const missing = (...backends: string[]): Outcome => ({ missing: new Set(backends), againMs: 1000 });

test('events of one line go one after the other, lines side by side', async () => {
  const { add, begun, end } = handQueue();
  add(1, ['a']);
  add(2, ['a']);
  add(3, ['b']);
  expect(begun()).toEqual([1, 3]);
  await end(1);
  expect(begun()).toEqual([1, 3, 2]);
});

test('an event of two lines waits for both', async () => {
  const { add, begun, end } = handQueue();
  add(1, ['a']);
  add(2, ['s']);
  add(3, ['a', 's']);
  await end(1);
  expect(begun()).toEqual([1, 2]);
  await end(2);
  expect(begun()).toEqual([1, 2, 3]);
});

test('an event is not begun before it is released', () => {
  const { queue, begun } = handQueue();
  queue.add({ seq: 1, since: 0, vhost: 'v', lines: ['a'] });
  expect(begun()).toEqual([]);
  queue.release(1);
  expect(begun()).toEqual([1]);
});

test('a vhost has a bounded number on its way, and does not hold up another', async () => {
  const { add, begun, end } = handQueue(2);
  for (const seq of [1, 2, 3]) add(seq, [`${seq}`]);
  add(4, ['4'], 'w');
  expect(begun()).toEqual([1, 2, 4]);
  await end(2, missing('x'));
  expect(begun()).toEqual([1, 2, 4, 3]);
});

test('a backend that lacks an event is barred for those behind it, others are not', async () => {
  const { add, begun, end, running, clock } = handQueue();
  add(1, ['a']);
  add(2, ['a']);
  await end(1, missing('dead'));
  expect(running.at(-1)).toMatchObject({ seq: 2, barred: ['dead'] });
  await end(2, missing('dead'));
  clock.advance(1000);
  expect(begun()).toEqual([1, 2, 1]);
  await end(1);
  expect(begun()).toEqual([1, 2, 1, 2]);
  expect(running.at(-1)?.barred).toEqual([]);
});

test('an event that failed comes again after its pause, and not before', async () => {
  const { add, begun, end, clock, queue } = handQueue();
  add(1, ['a']);
  await end(1, missing('x'));
  expect(queue.resting).toBe(true);
  clock.advance(999);
  expect(begun()).toEqual([1]);
  clock.advance(1);
  expect(begun()).toEqual([1, 1]);
  await end(1);
  expect(queue).toMatchObject({ size: 0, resting: true });
});

test('the oldest event that is not on its way is dropped, and those behind it go on', async () => {
  const { add, begun, end, queue } = handQueue();
  add(1, ['a']);
  add(2, ['a']);
  add(3, ['a']);
  expect(queue.dropOldest()).toBe(2);
  await end(1);
  expect(begun()).toEqual([1, 3]);
});

test('what is expendable is dropped before anything else', () => {
  const { queue } = handQueue();
  const add = (seq: number, expendable: boolean) =>
    queue.add({ seq, since: seq, vhost: 'v', lines: [`${seq}`], expendable });
  add(1, false);
  add(2, true);
  add(3, false);
  add(4, true);
  expect(queue.expendable).toBe(2);
  expect([queue.dropOldest(), queue.dropOldest(), queue.dropExpendable(), queue.dropOldest()]).toEqual([
    2,
    4,
    undefined,
    1,
  ]);
});

test('whoever waits for a line is told when its events have been tried, or when time is up', async () => {
  const { add, end, queue, clock } = handQueue();
  const log: string[] = [];
  await queue.tried('s', 5000);
  add(1, ['s']);
  add(2, ['s']);
  void queue.tried('s', 5000).then(() => log.push('tried'));
  await end(1, missing('x'));
  expect(log).toEqual([]);
  await end(2, missing('x'));
  expect(log).toEqual(['tried']);
  add(3, ['s']);
  void queue.tried('s', 5000).then(() => log.push('in vain'));
  clock.advance(5000);
  await settled();
  expect(log).toEqual(['tried', 'in vain']);
});

test('whatever fails, a backend gets the events of a line in order, each of them once', async () => {
  const BACKENDS = ['x', 'y'];
  const event = fc.record({ client: fc.nat(3), stream: fc.option(fc.nat(1)), vhost: fc.nat(1) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 25 }),
      fc.infiniteStream(fc.boolean()),
      fc.integer({ min: 1, max: 4 }),
      async (events, fails, maxRunning) => {
        const clock = new FakeClock();
        const got = new Map(BACKENDS.map((backend) => [backend, [] as number[]]));
        let failuresLeft = 200;
        const queue = new Queue(clock, {
          maxRunning,
          async deliver(seq, barred) {
            const lacking = new Set<string>();
            for (const [backend, seqs] of got) {
              if (seqs.includes(seq)) continue;
              await settled();
              const fail = failuresLeft-- > 0 && fails.next().value === true;
              if (fail || barred.has(backend)) lacking.add(backend);
              else seqs.push(seq);
            }
            return lacking.size === 0 ? 'done' : { missing: lacking, againMs: 10 + seq };
          },
        });
        const linesOf = ({ client, stream }: (typeof events)[number]) => [
          `c${client}`,
          ...(stream === null ? [] : [`s${stream}`]),
        ];
        for (const [seq, item] of events.entries()) {
          queue.add({ seq, since: 0, vhost: `${item.vhost}`, lines: linesOf(item) });
          queue.release(seq);
        }
        for (let turn = 0; queue.size > 0 && turn < 5000; turn++) {
          await settled();
          clock.advance(20);
        }
        expect(queue.size).toBe(0);
        for (const seqs of got.values()) {
          expect([...seqs].sort((a, b) => a - b)).toEqual(events.map((_, seq) => seq));
          for (const line of new Set(events.flatMap(linesOf))) {
            const own = seqs.filter((seq) =>
              linesOf(events[seq] ?? { client: -1, stream: null, vhost: 0 }).includes(line),
            );
            expect(own).toEqual([...own].sort((a, b) => a - b));
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
