import { Pool } from 'undici';

/**
 * Viewers of HLS, as hls.js is one: `hls-viewers.ts ORIGIN PATH N SECONDS`. Each asks for the playlist every two seconds
 * and for the newest segment in it. Prints `watching` once all have a segment, and the bytes, requests and errors of the
 * SECONDS after that.
 */
const [, , origin = '', path = '', countText = '', secondsText = ''] = process.argv;
const count = Number(countText);
const pool = new Pool(origin, { connections: count, pipelining: 1 });
const sums = { bytes: 0, requests: 0, errors: 0 };

async function get(target: string): Promise<Buffer> {
  const { statusCode, body } = await pool.request({ path: target, method: 'GET' });
  const bytes = Buffer.from(await body.arrayBuffer());
  sums.requests++;
  sums.bytes += bytes.length;
  if (statusCode !== 200) sums.errors++;
  return bytes;
}

const urisOf = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const beside = (target: string, uri: string) =>
  new URL(uri, new URL(target, origin)).href.slice(origin.length);

async function viewer(): Promise<() => Promise<void>> {
  const [first = ''] = urisOf((await get(path)).toString());
  // A master playlist leads on; that of static files is the media playlist itself.
  const playlist = first.includes('.m3u8') ? beside(path, first) : path;
  let last = '';
  return async () => {
    const newest = urisOf((await get(playlist)).toString()).at(-1) ?? '';
    if (newest === last) return;
    last = newest;
    await get(beside(playlist, newest));
  };
}

const rounds: (() => Promise<void>)[] = [];
for (let i = 0; i < count; i++) {
  const round = await viewer();
  // A session that is not used is soon over.
  await round();
  rounds.push(round);
}
process.stdout.write('watching\n');
Object.assign(sums, { bytes: 0, requests: 0, errors: 0 });
for (const [i, round] of rounds.entries()) {
  setTimeout(() => setInterval(() => void round().catch(() => sums.errors++), 2000), (2000 * i) / count);
}
setTimeout(
  () => process.stdout.write(`${JSON.stringify(sums)}\n`, () => process.exit()),
  Number(secondsText) * 1000,
);
