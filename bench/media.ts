import { encodeAmf0 } from '../src/protocol/amf0/encode.ts';
import { EcmaArray } from '../src/protocol/amf0/value.ts';
import { CSID, MESSAGE_TYPE, type RtmpMessage } from '../src/protocol/rtmp/message.ts';

/** H.264 and AAC of about 1.08 Mb/s: 25 frames a second, a keyframe every 2 s, 43 audio packets a second. */
const FRAME_MS = 40;
const FRAMES_PER_GOP = 50;
const KEYFRAME_BYTES = 31_000;
const FRAME_BYTES = 4_100;
const AUDIO_MS = 1024 / 44.1;
const AUDIO_BYTES = 280;

const AVC_HEADER = Buffer.from(
  '17000000000164001effe1001a6764001eacd940a02ff970110000030001000003003c0f162d9601000468ef8fcbfdf8f800',
  'hex',
);
const AAC_HEADER = Buffer.from('af001210', 'hex');

/** What a publisher says before its first frame. */
export function openingMessages(streamId: number): RtmpMessage[] {
  const properties = new EcmaArray({
    width: 640,
    height: 360,
    framerate: 25,
    videocodecid: 7,
    audiocodecid: 10,
  });
  return [
    message(
      MESSAGE_TYPE.dataAmf0,
      CSID.data,
      streamId,
      0,
      encodeAmf0('@setDataFrame', 'onMetaData', properties),
    ),
    message(MESSAGE_TYPE.video, CSID.video, streamId, 0, AVC_HEADER),
    message(MESSAGE_TYPE.audio, CSID.audio, streamId, 0, AAC_HEADER),
  ];
}

/** The media packets of a stream without end, in the order of their times. */
export function* mediaMessages(streamId: number): Generator<RtmpMessage> {
  let frame = 0;
  let sound = 0;
  for (;;) {
    if (frame * FRAME_MS <= sound * AUDIO_MS) {
      yield message(
        MESSAGE_TYPE.video,
        CSID.video,
        streamId,
        frame * FRAME_MS,
        videoPayload(frame % FRAMES_PER_GOP === 0),
      );
      frame += 1;
    } else {
      yield message(MESSAGE_TYPE.audio, CSID.audio, streamId, Math.round(sound * AUDIO_MS), AUDIO);
      sound += 1;
    }
  }
}

/** A keyframe by itself. */
export function keyframe(streamId: number, timestamp: number): RtmpMessage {
  return message(MESSAGE_TYPE.video, CSID.video, streamId, timestamp, KEYFRAME);
}

const KEYFRAME = payload(Buffer.from([0x17, 1, 0, 0, 0]), KEYFRAME_BYTES);
const INTERFRAME = payload(Buffer.from([0x27, 1, 0, 0, 0]), FRAME_BYTES);
const AUDIO = payload(Buffer.from([0xaf, 1]), AUDIO_BYTES);

function videoPayload(keyframe: boolean): Buffer {
  return keyframe ? KEYFRAME : INTERFRAME;
}

/** One NAL unit of noise behind the tag header, so that a server which looks inside finds a well-formed frame. */
function payload(header: Buffer, length: number): Buffer {
  const body = Buffer.alloc(length - header.length, 0x5a);
  if (header.length === 5) {
    body.writeUInt32BE(body.length - 4, 0);
    body[4] = header[0] === 0x17 ? 0x65 : 0x41;
  }
  return Buffer.concat([header, body]);
}

function message(type: number, csid: number, streamId: number, timestamp: number, body: Buffer): RtmpMessage {
  return { type, csid, streamId, timestamp, payload: body };
}
