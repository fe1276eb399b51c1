import { findAv1Size, readAv1Record } from '../protocol/codec/av1.ts';
import { readAvcRecord } from '../protocol/codec/avc.ts';
import { readHevcRecord } from '../protocol/codec/hevc.ts';
import type { PictureSize } from '../protocol/codec/picture.ts';
import { readVp8Size, readVp9Record, readVp9Size } from '../protocol/codec/vpx.ts';
import type { PictureConfig, VideoCodec } from './track.ts';

/** What a record says of the codec; the size may have to come from a keyframe. */
interface Described {
  readonly codec: string;
  readonly size: PictureSize | undefined;
}

/** Reads a decoder configuration record; undefined if that fails. */
export function describePicture(codec: VideoCodec, record: Uint8Array): Described | undefined {
  switch (codec) {
    case 'avc':
      return sized(readAvcRecord(record));
    case 'hevc':
      return sized(readHevcRecord(record));
    case 'av1':
      return readAv1Record(record);
    case 'vp9': {
      const string = readVp9Record(record);
      return string === undefined ? undefined : { codec: string, size: undefined };
    }
    case 'vp8':
      return { codec: 'vp8', size: undefined };
    default:
      return codec satisfies never;
  }
}

/** The size that a keyframe says; undefined where the record has to say it, or if that fails. */
export function sizeOfKeyframe(codec: VideoCodec, frame: Uint8Array): PictureSize | undefined {
  if (codec === 'av1') return findAv1Size(frame);
  if (codec === 'vp9') return readVp9Size(frame);
  if (codec === 'vp8') return readVp8Size(frame);
  return undefined;
}

/** What a container needs. VP8 and VP9 have no description there: all is in the codec string. */
export function pictureConfig(
  name: VideoCodec,
  codec: string,
  { width, height }: PictureSize,
  description: Uint8Array,
): PictureConfig {
  const config = { codec, codedWidth: width, codedHeight: height };
  return name === 'vp8' || name === 'vp9' ? config : { ...config, description };
}

function sized(format: (PictureSize & { readonly codec: string }) | undefined): Described | undefined {
  return format && { codec: format.codec, size: format };
}
