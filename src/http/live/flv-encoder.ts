import type { Encoder } from '../../hub/encoder.ts';
import type { MediaPacket } from '../../model/media-packet.ts';
import { flvTagSize, writeFlvTag } from '../../protocol/flv/tag.ts';
import { frameHeadSize, writeFrameHead } from '../../protocol/websocket.ts';

/** What the bytes for an FLV viewer depend on. Viewers with equal ones share their bytes. */
export interface FlvFormat {
  /** `websocket` makes each tag a message of its own, so that shared bytes are whole messages wherever they are cut. */
  readonly framing: 'none' | 'websocket';
  readonly audio: boolean;
  readonly video: boolean;
}

const TAG_TYPE = { audio: 8, video: 9, data: 18 } as const;

/** FLV tags, one for each packet. */
export function flvEncoder(format: FlvFormat): Encoder {
  const framed = format.framing === 'websocket';
  const wanted = ({ kind }: MediaPacket) => kind === 'data' || format[kind];
  const tagSize = ({ payload }: MediaPacket) => flvTagSize(payload.length);
  return {
    id: `${framed ? 'ws-flv' : 'flv'}${format.audio ? '' : ':mute'}${format.video ? '' : ':blind'}`,
    size(packet) {
      if (!wanted(packet)) return 0;
      const size = tagSize(packet);
      return framed ? frameHeadSize(size) + size : size;
    },
    write(target, offset, packet) {
      const at = framed ? writeFrameHead(target, offset, tagSize(packet)) : offset;
      return writeFlvTag(target, at, TAG_TYPE[packet.kind], packet.timestamp, packet.payload);
    },
  };
}
