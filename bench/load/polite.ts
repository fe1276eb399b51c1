import { connect } from 'node:net';
import { MESSAGE_TYPE } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/rtmp/client-session.ts';

/** One player that waits for each answer before it says the next thing: `polite.ts PORT`. Prints its time to a picture. */
const port = Number(process.argv[2]);

async function once(): Promise<number> {
  const startedAt = performance.now();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const session = await ClientSession.connect(socket, {
    app: 'live',
    tcUrl: `rtmp://127.0.0.1:${port}/live`,
  });
  const picture = new Promise<number>((resolve) => {
    void session.play('s', (message) => {
      const isFrame = message.type === MESSAGE_TYPE.video && message.payload[1] === 1;
      if (isFrame) resolve(performance.now() - startedAt);
    });
  });
  const elapsed = await picture;
  session.close();
  await session.closed;
  return elapsed;
}

const times: number[] = [];
for (let count = 0; count < 20; count++) times.push(await once());
times.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ pictureMs: times[times.length >> 1] })}\n`, () => process.exit(0));
