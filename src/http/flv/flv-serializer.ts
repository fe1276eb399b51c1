import { METADATA_SLOT, type MediaPacket } from '../../model/media-packet.ts';
import { flvTagSize, writeFlvTag } from '../../protocol/flv/tag.ts';
import type { Serializer } from '../../streams/serializer.ts';
import type { Framing } from './framing.ts';

/** What the bytes for an FLV viewer depend on. Viewers with equal ones share their bytes. */
export interface FlvFormat {
  /** Put around each tag, so that shared bytes are whole pieces wherever they are cut. */
  readonly framing: Framing;
  readonly audio: boolean;
  readonly video: boolean;
}

const TAG_TYPE = { audio: 8, video: 9, data: 18 } as const;

/** FLV tags, one for each packet. */
export function flvSerializer({ framing, ...kinds }: FlvFormat): Serializer {
  const wanted = ({ kind }: MediaPacket) => kind === 'data' || kinds[kind];
  return {
    id: `flv:${framing.name}${kinds.audio ? '' : ':mute'}${kinds.video ? '' : ':blind'}`,
    size: (packet) => (wanted(packet) ? framing.size(flvTagSize(packet.payload.length)) : 0),
    write(target, offset, { kind, timestamp, payload, headerSlot }) {
      const at = framing.begin(target, offset, flvTagSize(payload.length));
      // ffmpeg takes metadata for subtitles if they say any other time than that of a file's beginning.
      const time = headerSlot === METADATA_SLOT ? 0 : timestamp;
      return framing.end(target, writeFlvTag(target, at, TAG_TYPE[kind], time, payload));
    },
  };
}
