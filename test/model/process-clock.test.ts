import { expect, test } from 'vitest';
import { BEAT_MS, LATE_MS, ProcessClock } from '../../src/model/process-clock.ts';

/** An event loop whose turns the test makes: timers that are due, then what came, then what waited for that. */
function openLoop() {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  const afterInput: (() => void)[] = [];
  const clock = new ProcessClock({
    now: () => now,
    setTimer(ms, task) {
      const timer = { at: now + ms, task };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    afterInput: (task) => void afterInput.push(task),
  });
  const turn = (input: () => void = () => undefined) => {
    for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
      if (timer.at > now || !timers.delete(timer)) continue;
      timer.task();
    }
    input();
    for (const task of afterInput.splice(0)) task();
  };
  return {
    clock,
    turn,
    /** Time goes on, and the loop comes round all the while. */
    run(ms: number): void {
      for (let left = ms; left > 0; left -= 50) {
        now += Math.min(50, left);
        turn();
      }
    },
    /** Time goes on, and nothing runs. */
    stop(ms: number): void {
      now += ms;
    },
    get timers() {
      return timers.size;
    },
  };
}

test('a process that runs is awake all the time', () => {
  const { clock, run } = openLoop();
  const [now, awake] = [clock.now(), clock.awake()];
  run(10_000);
  expect(clock.now() - now).toBe(10_000);
  expect(clock.awake() - awake).toBe(10_000);
});

test('a pause does not count, and stands still until what came meanwhile has been read', () => {
  const { clock, run, stop, turn } = openLoop();
  const awake = clock.awake();
  run(1000);
  stop(12_000);
  const atWaking = clock.awake();
  expect(atWaking - awake).toBeLessThanOrEqual(1000 + BEAT_MS + LATE_MS);
  turn(() => expect(clock.awake()).toBe(atWaking));
  expect(clock.awake()).toBe(atWaking);
  run(1000);
  expect(clock.awake() - atWaking).toBe(1000);
  expect(clock.now()).toBe(14_000);
});

test('silence that is judged after a pause has no more of it than there was before', () => {
  const { clock, run, stop, turn } = openLoop();
  const judged: number[] = [];
  let heardAt = clock.awake();
  run(1000);
  const look = () => {
    judged.push(clock.awake() - heardAt);
    clock.after(1000, look);
  };
  clock.after(1000, look);
  stop(60_000);
  turn(() => {
    heardAt = clock.awake();
  });
  run(1000);
  expect(judged).not.toEqual([]);
  expect(Math.max(...judged)).toBeLessThanOrEqual(1000);
});

test('a longer timer has all its time without the pause, and goes off when the input has been read', () => {
  const { clock, run, stop, turn } = openLoop();
  const order: string[] = [];
  clock.awake();
  clock.after(5000, () => order.push('over'));
  run(4900);
  stop(12_000);
  turn(() => order.push('read'));
  run(200);
  expect(order).toEqual(['read', 'over']);
});

test('a short timer goes off before the input is read, as the rests of sockets have to', () => {
  const { clock, run, stop, turn } = openLoop();
  const order: string[] = [];
  run(100);
  clock.awake();
  clock.after(LATE_MS, () => order.push('over'));
  stop(12_000);
  turn(() => order.push('read'));
  expect(order).toEqual(['over', 'read']);
});

test('a timer that was cleared does not go off, whenever that was', () => {
  const { clock, run, stop, turn } = openLoop();
  const gone: string[] = [];
  clock.awake();
  const early = clock.after(2000, () => gone.push('cleared before the pause'));
  const late = clock.after(1000, () => gone.push('cleared while it waited for the input'));
  const rest = clock.after(6000, () => gone.push('cleared after the pause'));
  run(800);
  early.clear();
  stop(12_000);
  turn(() => late.clear());
  rest.clear();
  run(20_000);
  expect(gone).toEqual([]);
});

test('one late timer may clear another', () => {
  const { clock, run, stop, turn } = openLoop();
  const gone: string[] = [];
  run(100);
  clock.awake();
  const second = clock.after(600, () => gone.push('second'));
  clock.after(550, () => {
    gone.push('first');
    second.clear();
  });
  stop(12_000);
  turn();
  run(2000);
  expect(gone).toEqual(['first']);
});

test('an event loop that is slow for long is late, and limits stretch with it', () => {
  const { clock, stop, turn } = openLoop();
  const awake = clock.awake();
  for (let i = 0; i < 10; i++) {
    stop(2000);
    turn();
  }
  expect(clock.awake() - awake).toBeLessThanOrEqual(10 * (BEAT_MS + LATE_MS));
});

test('nobody who does not ask for it pays for a beat', () => {
  const { clock, run, timers } = openLoop();
  clock.now();
  clock.after(100, () => undefined).clear();
  run(1000);
  expect(timers).toBe(0);
});
