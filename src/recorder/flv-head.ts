import type { FileHandle } from 'node:fs/promises';
import { decodeAmf0 } from '../protocol/amf0/decode.ts';
import { encodeAmf0 } from '../protocol/amf0/encode.ts';
import { AMF0_MARKER, type AmfObject, type AmfValue, EcmaArray } from '../protocol/amf0/value.ts';
import { flvHeader, flvTagSize, writeFlvTag } from '../protocol/flv/tag.ts';

/** Index of keyframes in a file, at most so many of them. */
export class KeyframeIndex {
  readonly #most: number;
  /** Every nth keyframe is kept. */
  #stride = 1;
  #seen = 0;
  #positions: number[] = [];
  #times: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** Offsets of the keyframes' tags in the file. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  /** Their times in milliseconds. */
  get times(): readonly number[] {
    return this.#times;
  }

  /** Takes the next keyframe; where there is no room, every second one is forgotten. */
  add(position: number, timeMs: number): void {
    const number = this.#seen++;
    if (number % this.#stride !== 0) return;
    if (this.#positions.length >= this.#most) {
      this.#positions = this.#positions.filter((_, index) => index % 2 === 0);
      this.#times = this.#times.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
      if (number % this.#stride !== 0) return;
    }
    this.#positions.push(position);
    this.#times.push(timeMs);
  }
}

/** Offsets of the values in the head that are filled in at the end. */
export interface FlvLayout {
  /** Offset of our values in the metadata. */
  readonly values: number;
  /** Offset of the first tag behind the metadata. */
  readonly tags: number;
  /** Keyframes for which there is room. */
  readonly keyframes: number;
}

/** Facts of a file at its end. */
export interface FlvFacts {
  readonly durationMs: number;
  /** Length of the file. */
  readonly bytes: number;
  readonly index: KeyframeIndex;
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}

const SCRIPT_TAG = 18;
const NAME = encodeAmf0('onMetaData');
const OBJECT_END = Buffer.of(0, 0, AMF0_MARKER.objectEnd);
/** Values that are ours to say. */
const OURS: ReadonlySet<string> = new Set(['duration', 'filesize', 'keyframes', 'filler']);
const BYTES_PER_KEYFRAME = 18;
const NOTHING_YET: FlvFacts = {
  durationMs: 0,
  bytes: 0,
  index: new KeyframeIndex(0),
  hasAudio: true,
  hasVideo: true,
};

/**
 * The head of an FLV file: its header and an onMetaData that has the publisher's values and room for ours. `metadata` is
 * the publisher's, as in its packet.
 */
export function flvHead(
  metadata: Buffer | undefined,
  keyframes: number,
): { readonly bytes: Buffer; readonly layout: FlvLayout } {
  const theirs = publisherValues(metadata);
  const count = Object.keys(theirs).length + OURS.size;
  const encoded = encodeAmf0(new EcmaArray(theirs));
  const head = Buffer.concat([NAME, encoded.subarray(0, encoded.length - OBJECT_END.length)]);
  head.writeUInt32BE(count, NAME.length + 1);
  const room = ownValues(NOTHING_YET, 0).length + keyframes * BYTES_PER_KEYFRAME;
  const payload = Buffer.concat([head, ownValues(NOTHING_YET, room)]);
  const file = flvHeader(true, true);
  const bytes = Buffer.alloc(file.length + flvTagSize(payload.length));
  file.copy(bytes);
  writeFlvTag(bytes, file.length, SCRIPT_TAG, 0, payload);
  const tags = bytes.length;
  return { bytes, layout: { values: tags - 4 - room, tags, keyframes } };
}

/** Completes a head in its place: it stays as long as it was. */
export async function completeFlvHead(file: FileHandle, facts: FlvFacts, layout: FlvLayout): Promise<void> {
  const header = flvHeader(facts.hasAudio, facts.hasVideo);
  const values = ownValues(facts, layout.tags - 4 - layout.values);
  await file.write(header, 0, header.length, 0);
  await file.write(values, 0, values.length, layout.values);
}

/** Our values and the end of the array, filled up to `length` bytes if that is more. */
function ownValues({ durationMs, bytes, index }: FlvFacts, length: number): Buffer {
  const values: AmfObject = {
    duration: durationMs / 1000,
    filesize: bytes,
    keyframes: { filepositions: [...index.positions], times: index.times.map((time) => time / 1000) },
    // A null takes one byte, so an array of them fills any gap.
    filler: [],
  };
  const encoded = encodeAmf0(values).subarray(1);
  const nulls = Math.max(0, length - encoded.length);
  const before = encoded.subarray(0, encoded.length - OBJECT_END.length);
  before.writeUInt32BE(nulls, before.length - 4);
  return Buffer.concat([before, Buffer.alloc(nulls, AMF0_MARKER.null), OBJECT_END]);
}

/** Metadata of the publisher, without the fields that are ours. Unreadable metadata gives none. */
function publisherValues(metadata: Buffer | undefined): AmfObject {
  const values: AmfObject = Object.create(null) as AmfObject;
  for (const [key, value] of Object.entries(read(metadata))) if (!OURS.has(key)) values[key] = value;
  return values;
}

function read(metadata: Buffer | undefined): AmfObject {
  try {
    const [, value] = metadata ? decodeAmf0(metadata) : [];
    return isObject(value) ? value : value instanceof EcmaArray ? value.entries : {};
  } catch {
    return {};
  }
}

function isObject(value: AmfValue): value is AmfObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof EcmaArray)
  );
}
