import type { FileHandle } from 'node:fs/promises';
import type { RecordingEnd } from '../model/events.ts';
import { METADATA_SLOT, type MediaKind, type MediaPacket, type MediaTap } from '../model/media.ts';
import type { DvrOptions } from '../model/options.ts';
import { flvTagSize, writeFlvTag } from '../protocol/flv/tag.ts';
import { StreamTime } from '../remux/stream-time.ts';
import type { FileSequence } from './file-sequence.ts';
import type { FileFacts } from './finalize.ts';
import { completeFlvHead, type FlvLayout, flvHead, KeyframeIndex } from './flv-head.ts';
import type { OpenFile } from './open-file.ts';

/** Decoder configurations that are kept for the beginning of the next file. */
const MAX_KEPT_HEADERS = 32;

/** Keyframes in the index of an FLV file; of more, every second one is left out, then every fourth, and so on. */
const MAX_INDEXED_KEYFRAMES = 4_096;

/** A keyframe in each such time has a place in a segment's index, in milliseconds. */
const SHORTEST_GOP_MS = 250;
/** Segments end somewhat later than they are meant to. */
const MORE_KEYFRAMES = 64;

/** Records a publish as FLV: every packet as it was published, in one file or in segments. */
export class FlvRecording implements MediaTap {
  readonly #row: FileSequence;
  readonly #time = new StreamTime();
  /** Metadata and decoder configurations, with which each file begins. */
  readonly #headers = new Map<string, MediaPacket>();
  #file: FlvFile | undefined;
  /** Start of the file on the stream's time line, in milliseconds. */
  #startMs = 0;
  /** True until the file has had a keyframe: what comes before cannot be decoded. */
  #blind = true;

  constructor(row: FileSequence) {
    this.#row = row;
  }

  write(packet: MediaPacket): void {
    if (packet.headerSlot !== undefined) this.#keep(packet.headerSlot, packet);
    // Headers are given out at the start with the time at which they once came.
    if (!this.#file && (packet.headerSlot !== undefined || packet.kind === 'data')) return;
    const nowMs = this.#time.place(packet.timestamp);
    if (this.#file && this.#isCut(this.#file, packet, nowMs)) this.#end('segment');
    if (this.#file && this.#row.failed) this.#end('unpublish');
    if (!this.#file && this.#begins(packet)) this.#beginFile(nowMs);
    if (this.#file && this.#belongs(packet)) this.#file.write(packet, Math.max(0, nowMs - this.#startMs));
  }

  end(): void {
    this.#end('unpublish');
  }

  #keep(slot: string, packet: MediaPacket): void {
    if (this.#headers.has(slot) || this.#headers.size < MAX_KEPT_HEADERS) this.#headers.set(slot, packet);
  }

  #isCut(file: FlvFile, packet: MediaPacket, nowMs: number): boolean {
    const { plan, durationMs, waitKeyframe } = this.#row.options;
    if (plan === 'session' || nowMs - this.#startMs < durationMs) return false;
    if (packet.headerSlot !== undefined || packet.kind === 'data') return false;
    return packet.keyframe || !waitKeyframe || !file.hasVideo;
  }

  /** The first file of a publish has its sound from the beginning on; a later one goes on with a keyframe. */
  #begins({ kind, keyframe }: MediaPacket): boolean {
    if (!this.#row.ready) return false;
    if (keyframe || !this.#row.options.waitKeyframe) return true;
    return kind === 'audio' && (this.#row.begun === 0 || !this.#hasVideo);
  }

  #belongs({ kind, keyframe, headerSlot }: MediaPacket): boolean {
    if (kind !== 'video' || headerSlot !== undefined || !this.#row.options.waitKeyframe) return true;
    if (keyframe) this.#blind = false;
    return !this.#blind;
  }

  get #hasVideo(): boolean {
    return [...this.#headers.values()].some(({ kind }) => kind === 'video');
  }

  #beginFile(nowMs: number): void {
    const { bytes, layout } = flvHead(this.#headers.get(METADATA_SLOT)?.payload, indexed(this.#row.options));
    const file = this.#row.beginFile(layout);
    if (!file) return;
    this.#file = new FlvFile(file, bytes, layout);
    this.#startMs = nowMs;
    this.#blind = true;
    for (const [slot, header] of this.#headers) if (slot !== METADATA_SLOT) this.#file.write(header, 0);
  }

  #end(reason: RecordingEnd): void {
    const file = this.#file;
    this.#file = undefined;
    if (file) this.#row.endFile(reason, (handle) => file.complete(handle));
  }
}

/** Keyframes for which a file's head has room. */
function indexed({ plan, durationMs }: DvrOptions): number {
  if (plan === 'session') return MAX_INDEXED_KEYFRAMES;
  return Math.min(MAX_INDEXED_KEYFRAMES, MORE_KEYFRAMES + Math.ceil(durationMs / SHORTEST_GOP_MS));
}

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
