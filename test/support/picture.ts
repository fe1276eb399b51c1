import { AUDIO, type Packet, VIDEO } from './flv-file.ts';
import { be, cat, pattern } from './wire.ts';

/** Packets that look like H.264 and AAC to a server, made without an encoder. */
export const picture = {
  videoHeader: (): Packet => ({
    type: VIDEO,
    timestamp: 0,
    payload: cat(
      [0x17, 0, 0, 0, 0],
      [1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 4, 0x67, 0x64, 0, 0x1f, 1, 0, 2, 0x68, 0xee],
    ),
  }),
  audioHeader: (): Packet => ({ type: AUDIO, timestamp: 0, payload: Buffer.of(0xaf, 0, 0x12, 0x10) }),
  keyframe: (timestamp: number, bytes = 4000): Packet => ({
    type: VIDEO,
    timestamp,
    payload: cat([0x17, 1, 0, 0, 0], be(timestamp, 4), pattern(bytes, timestamp + 1)),
  }),
  frame: (timestamp: number, bytes = 400): Packet => ({
    type: VIDEO,
    timestamp,
    payload: cat([0x27, 1, 0, 0, 0], be(timestamp, 4), pattern(bytes, timestamp + 1)),
  }),
  sound: (timestamp: number): Packet => ({
    type: AUDIO,
    timestamp,
    payload: cat([0xaf, 1], be(timestamp, 4), pattern(100, timestamp + 1)),
  }),
  /** Decoder configurations, then `frames` pictures and sounds 40 ms apart with a keyframe every 25. */
  stream: (frames: number): Packet[] => [
    picture.videoHeader(),
    picture.audioHeader(),
    ...Array.from({ length: frames }, (_, i) => picture.moment(i)).flat(),
  ],
  /** The `i`th picture and its sound. */
  moment: (i: number): Packet[] => [
    i % 25 === 0 ? picture.keyframe(i * 40) : picture.frame(i * 40),
    picture.sound(i * 40),
  ],
};
