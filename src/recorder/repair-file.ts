import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inspectAudio } from '../protocol/flv/audio.ts';
import { inspectVideo } from '../protocol/flv/video.ts';
import { loadMediabunny } from '../remux/load-mediabunny.ts';
import { type FileFacts, unfinished } from './finalize.ts';
import { completeFlvHead, type FlvFacts, type FlvLayout, KeyframeIndex } from './flv-head.ts';
import type { JournalEntry } from './journal.ts';

/** Cuts an unfinished file to what of it is whole, and makes that a file that plays. Undefined if there is nothing. */
export async function repairFile(file: FileHandle, entry: JournalEntry): Promise<FileFacts | undefined> {
  const { container, layout } = entry;
  if (container === 'mp4') return repairMp4(file, resolve(entry.cwd, unfinished(entry.file)));
  return layout && repairFlv(file, layout);
}

const READ_BYTES = 1024 * 1024;
const TAG_HEADER = 11;
const BACK_POINTER = 4;
/** Bytes of a payload that are read to see what it is. */
const INSPECTED_BYTES = 64;
const AUDIO = 8;
const VIDEO = 9;

/** A file read from front to back, of which a window is in memory. */
class Window {
  readonly #file: FileHandle;
  #at = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `length` bytes at an offset; fewer at the end of the file. */
  async read(at: number, length: number): Promise<Buffer> {
    if (at < this.#at || at + length > this.#at + this.#bytes.length) {
      const bytes = Buffer.allocUnsafe(Math.max(READ_BYTES, length));
      const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, at);
      this.#at = at;
      this.#bytes = bytes.subarray(0, bytesRead);
    }
    return this.#bytes.subarray(at - this.#at, at - this.#at + length);
  }
}

/**
 * Finishes an FLV file that was cut anywhere: what is behind its last whole tag goes, duration and index are written.
 * Undefined if there is no frame in it.
 */
export async function repairFlv(file: FileHandle, layout: FlvLayout): Promise<FlvFacts | undefined> {
  const window = new Window(file);
  const { size } = await file.stat();
  const index = new KeyframeIndex(layout.keyframes);
  const facts = { durationMs: 0, frames: 0, hasAudio: false, hasVideo: false };
  let at = layout.tags;
  for (;;) {
    const head = await window.read(at, TAG_HEADER + INSPECTED_BYTES);
    if (head.length < TAG_HEADER) break;
    const type = head.readUInt8(0);
    const length = head.readUIntBE(1, 3);
    const end = at + TAG_HEADER + length;
    if (end + BACK_POINTER > size) break;
    const back = await window.read(end, BACK_POINTER);
    if (back.length < BACK_POINTER || back.readUInt32BE(0) !== TAG_HEADER + length) break;
    const timeMs = head.readUIntBE(4, 3) + head.readUInt8(7) * 0x1000000;
    note(facts, index, { type, at, timeMs, payload: head.subarray(TAG_HEADER, TAG_HEADER + length) });
    at = end + BACK_POINTER;
  }
  if (facts.frames === 0) return undefined;
  await file.truncate(at);
  const { frames, ...rest } = facts;
  const complete = { ...rest, bytes: at, index };
  await completeFlvHead(file, complete, layout);
  return complete;
}

function note(
  facts: { durationMs: number; frames: number; hasAudio: boolean; hasVideo: boolean },
  index: KeyframeIndex,
  { type, at, timeMs, payload }: { type: number; at: number; timeMs: number; payload: Buffer },
): void {
  if (type !== AUDIO && type !== VIDEO) return;
  facts.durationMs = Math.max(facts.durationMs, timeMs);
  if (type === AUDIO) {
    facts.hasAudio = true;
    if (!inspectAudio(payload).sequenceHeader) facts.frames++;
    return;
  }
  facts.hasVideo = true;
  const { keyframe, sequenceHeader, trackId } = inspectVideo(payload);
  if (!sequenceHeader) facts.frames++;
  if (keyframe && trackId === 0) index.add(at, timeMs);
}

const BOX_HEADER = 8;
const LARGE_HEADER = 16;
/** A box of this length has its length behind its type, in 64 bits. */
const LARGE = 1;

/**
 * Finishes a fragmented MP4 file that was cut anywhere: what is behind its last whole fragment goes. Undefined if there is
 * none in it. `path` is where it can be read again.
 */
export async function repairMp4(file: FileHandle, path: string): Promise<FileFacts | undefined> {
  const bytes = await wholeFragments(file);
  if (bytes === 0) return undefined;
  await file.truncate(bytes);
  return { durationMs: await durationOf(path), bytes };
}

/** End of the last complete fragment; 0 if there is none. */
async function wholeFragments(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const header = Buffer.alloc(LARGE_HEADER);
  let known: 'nothing' | 'tracks' | 'fragment' = 'nothing';
  let whole = 0;
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(header, 0, LARGE_HEADER, at);
    if (bytesRead < BOX_HEADER) break;
    const short = header.readUInt32BE(0);
    if (short === LARGE && bytesRead < LARGE_HEADER) break;
    const length = short === LARGE ? Number(header.readBigUInt64BE(BOX_HEADER)) : short;
    if (length < BOX_HEADER || at + length > size) break;
    at += length;
    const type = header.toString('latin1', 4, BOX_HEADER);
    if (type === 'moov') known = 'tracks';
    else if (type === 'moof' && known !== 'nothing') known = 'fragment';
    else if (type === 'mdat' && known === 'fragment') whole = at;
  }
  return whole;
}

async function durationOf(path: string): Promise<number> {
  const { FilePathSource, Input, MP4 } = await loadMediabunny();
  const input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  try {
    const [first, end] = await Promise.all([input.getFirstTimestamp(), input.computeDuration()]);
    return Math.round((end - first) * 1000);
  } finally {
    input.dispose();
  }
}
