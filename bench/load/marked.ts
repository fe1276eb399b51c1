import { connect } from 'node:net';
import { CSID, MESSAGE_TYPE, type RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { keyframe, openingMessages } from '../media.ts';

/**
 * Delay from publisher to player: `marked.ts PORT SECONDS STREAM`. One process is both, so that one clock counts. It
 * publishes a marked frame each 20 ms onto a stream of its own and prints the median and the 99th percentile, and the
 * longest time between two frames at the player.
 */
const [, , portText = '', secondsText = '', stream = 'marked'] = process.argv;
const port = Number(portText);
const target = { app: 'live', tcUrl: `rtmp://127.0.0.1:${port}/live` };
const open = () => ClientSession.connect(connect({ port, host: '127.0.0.1', noDelay: true }), target);

const FRAMES_PER_GOP = 50;
const FRAME_BYTES = 300;
/** Where the time of sending stands: behind the tag header, the NAL unit's length and its first byte. */
const MARK_AT = 10;

const publisher = await open();
const player = await open();
const streamId = await publisher.publish(stream);
publisher.send(...openingMessages(streamId), keyframe(streamId, 0));
const delays: number[] = [];
let last: number | undefined;
let gap = 0;
await player.play(stream, ({ type, payload }) => {
  if (type !== MESSAGE_TYPE.video || payload.length !== FRAME_BYTES) return;
  const now = performance.now();
  delays.push(now - payload.readDoubleBE(MARK_AT));
  gap = Math.max(gap, now - (last ?? now));
  last = now;
});

const startedAt = performance.now();
let frames = 0;
const timer = setInterval(() => {
  const now = performance.now();
  frames += 1;
  publisher.send(
    frames % FRAMES_PER_GOP === 0
      ? keyframe(streamId, Math.round(now - startedAt))
      : markedFrame(Math.round(now - startedAt), now),
  );
}, 20);

setTimeout(() => {
  clearInterval(timer);
  delays.sort((a, b) => a - b);
  const at = (part: number) => delays[Math.floor(delays.length * part)];
  process.stdout.write(
    `${JSON.stringify({ count: delays.length, p50: at(0.5), p99: at(0.99), gap })}\n`,
    () => process.exit(0),
  );
}, Number(secondsText) * 1000);

function markedFrame(timestamp: number, now: number): RtmpMessage {
  const payload = Buffer.alloc(FRAME_BYTES);
  payload.set([0x27, 1, 0, 0, 0]);
  payload.writeUInt32BE(FRAME_BYTES - 9, 5);
  payload[9] = 0x41;
  payload.writeDoubleBE(now, MARK_AT);
  return { type: MESSAGE_TYPE.video, csid: CSID.video, streamId, timestamp, payload };
}
