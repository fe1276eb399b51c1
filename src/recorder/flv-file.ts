import type { FileHandle } from 'node:fs/promises';
import type { MediaKind, MediaPacket } from '../model/media-packet.ts';
import { flvTagSize, writeFlvTag } from '../protocol/flv/tag.ts';
import type { FileFacts } from './finalize.ts';
import { completeFlvHead, type FlvLayout } from './flv-head.ts';
import { KeyframeIndex } from './keyframe-index.ts';
import type { OpenFile } from './open-file.ts';

const TAG_TYPE: Readonly<Record<MediaKind, number>> = { audio: 8, video: 9, data: 18 };

/** An FLV file while it is written: tags with the payloads as they were published. */
export class FlvFile {
  readonly #file: OpenFile;
  readonly #layout: FlvLayout;
  readonly #index: KeyframeIndex;
  #durationMs = 0;
  #hasAudio = false;
  #hasVideo = false;

  /** `head` is what `layout` describes. */
  constructor(file: OpenFile, head: Buffer, layout: FlvLayout) {
    this.#file = file;
    this.#layout = layout;
    this.#index = new KeyframeIndex(layout.keyframes);
    file.append(head.length, (target, offset) => head.copy(target, offset));
  }

  /** Length in time so far, in milliseconds. */
  get durationMs(): number {
    return this.#durationMs;
  }

  /** True if there is video in it, so that it has to go on with a keyframe. */
  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** Appends a packet at a time of the file. */
  write({ kind, payload, keyframe }: MediaPacket, timeMs: number): void {
    if (kind === 'video') this.#hasVideo = true;
    if (kind === 'audio') this.#hasAudio = true;
    if (kind !== 'data') this.#durationMs = Math.max(this.#durationMs, timeMs);
    if (keyframe) this.#index.add(this.#file.length, timeMs);
    this.#file.append(flvTagSize(payload.length), (target, offset) =>
      writeFlvTag(target, offset, TAG_TYPE[kind], timeMs, payload),
    );
  }

  /** Writes what is known at the end into the head. */
  async complete(file: FileHandle): Promise<FileFacts> {
    const facts = { durationMs: this.#durationMs, bytes: this.#file.length };
    const { hasAudio, hasVideo } = { hasAudio: this.#hasAudio, hasVideo: this.#hasVideo };
    await completeFlvHead(file, { ...facts, index: this.#index, hasAudio, hasVideo }, this.#layout);
    return facts;
  }
}
