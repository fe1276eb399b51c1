import { connect } from 'node:net';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { mediaMessages, openingMessages } from '../media.ts';

/**
 * A process of N publishers in real time: `publishers.ts PORT N [PREFIX]`. One publishes PREFIX, several PREFIX0,
 * PREFIX1 … Prints `on air` when all are, and goes on until it is ended.
 */
const [, , portText = '', countText = '1', prefix = 's'] = process.argv;
const port = Number(portText);
const count = Number(countText);

const sessions: ClientSession[] = [];
for (let index = 0; index < count; index++) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const session = await ClientSession.connect(socket, {
    app: 'live',
    tcUrl: `rtmp://127.0.0.1:${port}/live`,
  });
  const streamId = await session.publish(count === 1 ? prefix : `${prefix}${index}`);
  session.send(...openingMessages(streamId));
  sessions.push(session);
}
process.stdout.write('on air\n');

const startedAt = performance.now();
const media = mediaMessages(1);
let next = media.next();
function pump(): void {
  const now = performance.now() - startedAt;
  while (!next.done && next.value.timestamp <= now) {
    for (const session of sessions) session.send(next.value);
    next = media.next();
  }
  if (!next.done) setTimeout(pump, Math.max(1, next.value.timestamp - (performance.now() - startedAt)));
}
pump();
