/** `812 kbit/s`, `4.2 Mbit/s`. */
export function formatRate(kbps: number): string {
  if (kbps < 1000) return `${Math.round(kbps)} kbit/s`;
  return `${short(kbps / 1000)} Mbit/s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `0 B`, `14.2 MB`; a kilobyte is 1000 bytes. */
export function formatBytes(bytes: number): string {
  let rest = bytes;
  let unit = 0;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(rest) : short(rest)} ${UNITS[unit]}`;
}

/** Milliseconds for people: `0.4 ms`, `12 ms`, `2.4 s`. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`;
}

/** `1,204`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** `1 viewer`, `3 viewers`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Three figures at most. */
function short(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  if (value >= 9.995) return String(Math.round(value * 10) / 10);
  return String(Math.round(value * (value < 1 ? 100 : 10)) / (value < 1 ? 100 : 10));
}
