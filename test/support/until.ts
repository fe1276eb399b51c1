import { setTimeout as delay } from 'node:timers/promises';

/**
 * How long a test waits for what should come, in milliseconds. It only ends what hangs: a machine that is busy with something
 * else must not fail a test, so nothing here says how long a thing may take.
 */
export const PATIENCE_MS = 60_000;

/** Resolves with what `check` returns once that is truthy. Rejects with `what` when it hangs. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`after ${PATIENCE_MS} ms still waiting for: ${what}`);
    await delay(10);
  }
}

/** Rejects with `what` if `promise` hangs. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`after ${PATIENCE_MS} ms still waiting for: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => undefined);
  }
}
