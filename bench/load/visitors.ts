import { connect } from 'node:net';
import { ClientSession } from '../../src/rtmp/client-session.ts';

/** Clients that connect and leave: `client.ts PORT RATE SECONDS`, RATE of them a second. Prints how many came. */
const [, , portText = '', rateText = '', secondsText = ''] = process.argv;
const port = Number(portText);
const rate = Number(rateText);
const seconds = Number(secondsText);

let begun = 0;
let came = 0;

async function visit(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const session = await ClientSession.connect(socket, {
    app: 'live',
    tcUrl: `rtmp://127.0.0.1:${port}/live`,
  });
  came += 1;
  session.close();
  await session.closed;
}

const startedAt = performance.now();
const timer = setInterval(() => {
  const elapsed = Math.min(seconds, (performance.now() - startedAt) / 1000);
  for (; begun < elapsed * rate; begun++) void visit().catch(() => undefined);
  if (elapsed < seconds) return;
  clearInterval(timer);
  process.stdout.write(`${came}\n`, () => process.exit(0));
}, 5);
