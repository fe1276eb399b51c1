/**
 * Somebody who looks at the console: `follower.ts PORT SECONDS` follows the events that its pages follow and prints how
 * many deliveries came and how many it was told to have missed.
 */
const [, , portText = '', secondsText = ''] = process.argv;
const url = `http://127.0.0.1:${portText}/api/v2/events?topics=deliveries,hooks,streams,server`;
const done = AbortSignal.timeout(Number(secondsText) * 1000);
let deliveries = 0;
let missed = 0;
let text = '';
try {
  const response = await fetch(url, { headers: { 'x-gatecast': 'bench' } });
  if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
  process.stdout.write('up\n');
  const decoder = new TextDecoder();
  done.addEventListener('abort', () => {
    process.stdout.write(`${JSON.stringify({ deliveries, missed })}\n`, () => process.exit(0));
  });
  for await (const bytes of response.body) {
    const parts = (text + decoder.decode(bytes, { stream: true })).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      if (part.includes('event: delivery')) deliveries += 1;
      const lost = /event: missed\ndata: \{"count":(\d+)/.exec(part);
      if (lost) missed += Number(lost[1]);
    }
  }
} catch (error) {
  process.stdout.write(`${String(error)}\n`, () => process.exit(1));
}
