import { connect } from 'node:net';
import { ClientSession } from '../../src/rtmp/client-session.ts';

/** Players that come and go: `cycles.ts PORT N`. A hundred at a time join and leave; prints `done` at the end. */
const [, , portText = '', countText = ''] = process.argv;
const port = Number(portText);
let left = Number(countText);

async function cycle(): Promise<void> {
  while (left > 0) {
    left -= 1;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const session = await ClientSession.connect(socket, {
      app: 'live',
      tcUrl: `rtmp://127.0.0.1:${port}/live`,
    });
    await session.play('s', () => undefined);
    session.close();
    await session.closed;
  }
}

await Promise.all(Array.from({ length: 100 }, cycle));
process.stdout.write('done\n', () => process.exit(0));
