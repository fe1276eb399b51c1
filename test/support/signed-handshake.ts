import { createHmac } from 'node:crypto';
import { cat, pattern } from './wire.ts';

/**
 * The signed handshake as its public descriptions give it, written apart from src/ and sharing nothing with it. Offsets
 * are counted in the 1536-byte block: 4 bytes time, 4 bytes version, then two halves
 * of 764 bytes, of which one starts with the pointer of the digest.
 */
const HALF = { first: 8, second: 8 + 764 };
const CRUD = 'F0EEC24A8068BEE82E00D0D1029E7E576EEC5D2D29806FAB93B8E636CFEB31AE';

export const PLAYER_KEY: Buffer = cat('Genuine Adobe Flash Player 001', Buffer.from(CRUD, 'hex'));
export const SERVER_KEY: Buffer = cat('Genuine Adobe Flash Media Server 001', Buffer.from(CRUD, 'hex'));
const NAME_LENGTH = new Map([
  [PLAYER_KEY, 30],
  [SERVER_KEY, 36],
]);

export type Half = keyof typeof HALF;

const sha = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

function digestPlace(block: Buffer, half: Half): number {
  const pointer = HALF[half];
  const [a = 0, b = 0, c = 0, d = 0] = block.subarray(pointer, pointer + 4);
  return pointer + 4 + ((a + b + c + d) % 728);
}

function expectedDigest(block: Buffer, half: Half, key: Buffer): Buffer {
  const place = digestPlace(block, half);
  const shortKey = key.subarray(0, NAME_LENGTH.get(key));
  return sha(shortKey, cat(block.subarray(0, place), block.subarray(place + 32)));
}

/** A C1 or S1 of repeatable bytes, signed in the given half. */
export function signedBlock(key: Buffer, half: Half, seed = 7): Buffer {
  const block = cat([0, 0, 0, 0, 10, 0, 45, 2], pattern(1528, seed));
  expectedDigest(block, half, key).copy(block, digestPlace(block, half));
  return block;
}

/** The digest of a C1 or S1 when it is right, else undefined. */
export function verifiedDigest(block: Buffer, half: Half, key: Buffer): Buffer | undefined {
  const place = digestPlace(block, half);
  const digest = block.subarray(place, place + 32);
  return digest.equals(expectedDigest(block, half, key)) ? digest : undefined;
}

/** Whether a C2 or S2 is the signed answer to that digest. */
export function answers(block: Buffer, digest: Buffer, key: Buffer): boolean {
  return block.subarray(1504).equals(sha(sha(key, digest), block.subarray(0, 1504)));
}
