import type { FileHandle } from 'node:fs/promises';
import { loadMediabunny } from '../remux/load-mediabunny.ts';
import type { FileFacts } from './finalize.ts';

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

/** Where the last fragment ends that is there in full; 0 if there is none. */
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
