import { connect } from 'node:net';
import { CSID, MESSAGE_TYPE, type RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/session/client-session.ts';

/**
 * Delay from publisher to player: `marked.ts PORT SECONDS STREAM`. One process is both, so that one clock counts. It
 * publishes a marked packet each 20 ms onto a stream of its own and prints the median and the 99th percentile.
 */
const [, , portText = '', secondsText = '', stream = 'marked'] = process.argv;
const port = Number(portText);
const target = { app: 'live', tcUrl: `rtmp://127.0.0.1:${port}/live` };
const open = () => ClientSession.connect(connect({ port, host: '127.0.0.1', noDelay: true }), target);

const MARK = Buffer.from([0xaf, 1]);
const publisher = await open();
const player = await open();
const streamId = await publisher.publish(stream);
const delays: number[] = [];
await player.play(stream, ({ type, payload }) => {
  if (type === MESSAGE_TYPE.audio && payload.length === 300)
    delays.push(performance.now() - payload.readDoubleBE(2));
});

const audio = (payload: Buffer, timestamp: number): RtmpMessage => ({
  type: MESSAGE_TYPE.audio,
  csid: CSID.audio,
  streamId,
  timestamp,
  payload,
});
publisher.send(audio(Buffer.from('af001210', 'hex'), 0));
const startedAt = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  const payload = Buffer.alloc(300);
  MARK.copy(payload);
  payload.writeDoubleBE(now, 2);
  publisher.send(audio(payload, Math.round(now - startedAt)));
}, 20);

setTimeout(() => {
  clearInterval(timer);
  delays.sort((a, b) => a - b);
  const at = (part: number) => delays[Math.floor(delays.length * part)];
  process.stdout.write(`${JSON.stringify({ count: delays.length, p50: at(0.5), p99: at(0.99) })}\n`, () =>
    process.exit(0),
  );
}, Number(secondsText) * 1000);
