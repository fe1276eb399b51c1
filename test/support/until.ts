import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with what `check` returns once that is truthy. Rejects with `what` when it takes too long. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms still waiting for: ${what}`);
    await delay(10);
  }
}

/** Rejects with `what` if `promise` takes too long. */
export async function within<T>(timeoutMs: number, what: string, promise: Promise<T>): Promise<T> {
  const abort = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`after ${timeoutMs} ms still waiting for: ${what}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
    late.catch(() => undefined);
  }
}
