/**
 * Milliseconds until the repetition that follows `attempts` failures: doubling from `retryMinMs` to `retryMaxMs`, and of
 * that a random part, half of it at least, so that what failed together does not come back together.
 */
export function backoff(
  attempts: number,
  { retryMinMs, retryMaxMs }: { readonly retryMinMs: number; readonly retryMaxMs: number },
  random: () => number = Math.random,
): number {
  const full = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(attempts - 1, 30));
  return full / 2 + (full / 2) * random();
}
