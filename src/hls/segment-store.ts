import type { Readable } from 'node:stream';

/** Where the bytes of a segment are. */
export interface Stored {
  /** The file that has them, or would have them if they were on the disk. */
  readonly file: string;
  /** The bytes, if they are in memory. */
  bytes(): Buffer | undefined;
}

/** Keeps the files of streams. Paths are relative to `hls_path`, with `/` between their parts. */
export interface SegmentStore {
  /** Where a path is on the disk, or would be if it were there. */
  fileOf(path: string): string;
  /** Keeps bytes under a path, complete or not at all. Rejects with a sentence if that cannot be done. */
  put(path: string, bytes: Buffer): Promise<Stored>;
  /** Puts a playlist in the place of the one before. */
  putPlaylist(path: string, text: string): Promise<void>;
  /** Forgets a playlist, unless another process has put its own in its place; never rejects. */
  removePlaylist(path: string): Promise<void>;
  /** Forgets a path. Rejects if its file is there still; what was in memory of it is forgotten all the same. */
  remove(path: string): Promise<void>;
}

/** A part of a stored file: from byte `start` to byte `end`, which is the last one. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** Reads what is stored; in memory nothing is copied. */
export async function readStored(stored: Stored, part: Part | undefined): Promise<Buffer | Readable> {
  const bytes = stored.bytes();
  if (bytes) return part === undefined ? bytes : bytes.subarray(part.start, part.end + 1);
  const { open } = await import('node:fs/promises');
  const file = await open(stored.file);
  return file.createReadStream({ ...part, autoClose: true });
}
