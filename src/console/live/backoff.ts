const FIRST_MS = 500;
const MOST_MS = 15_000;

/** Milliseconds to wait before the next try: doubled by each failure, and never the same for everybody. */
export function backoffMs(failures: number, random: number = Math.random()): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** failures);
  return Math.round(most * (0.5 + random / 2));
}
