import { createHmac, timingSafeEqual } from 'node:crypto';

/** Length of C1, C2, S1 and S2 (RTMP 5.2.3). */
export const HANDSHAKE_SIZE = 1536;

/**
 * Where in C1 or S1 the digest lies: in the first half of what follows time and version, or in the second, where the
 * other half holds a Diffie-Hellman key that only RTMPE uses.
 */
export type DigestSchema = 'digest-first' | 'key-first';

/** Both, in the order in which clients are likely to use them: ffmpeg, librtmp and Flash put the digest first. */
const DIGEST_SCHEMAS: readonly DigestSchema[] = ['digest-first', 'key-first'];

const DIGEST_SIZE = 32;
const SECRET = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
const CLIENT_NAME = Buffer.from('Genuine Adobe Flash Player 001');
const SERVER_NAME = Buffer.from('Genuine Adobe Flash Media Server 001');

/** The keys of each side: the name alone signs C1 or S1, name and secret together sign S2 or C2. */
export const DIGEST_KEYS: Readonly<
  Record<'client' | 'server', { readonly short: Buffer; readonly full: Buffer }>
> = {
  client: { short: CLIENT_NAME, full: Buffer.concat([CLIENT_NAME, SECRET]) },
  server: { short: SERVER_NAME, full: Buffer.concat([SERVER_NAME, SECRET]) },
};

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

function digestOffset(block: Buffer, schema: DigestSchema): number {
  const pointer = schema === 'digest-first' ? 8 : 772;
  const sum = block.subarray(pointer, pointer + 4).reduce((total, byte) => total + byte, 0);
  return pointer + 4 + (sum % 728);
}

function digestOf(block: Buffer, offset: number, key: Buffer): Buffer {
  return hmac(key, block.subarray(0, offset), block.subarray(offset + DIGEST_SIZE));
}

/** Puts into C1 or S1 its own digest, and returns that digest. */
export function signBlock(block: Buffer, schema: DigestSchema, key: Buffer): Buffer {
  const offset = digestOffset(block, schema);
  const digest = digestOf(block, offset, key);
  digest.copy(block, offset);
  return digest;
}

/** The digest in C1 or S1, with its schema, or undefined when there is none that `key` verifies. */
export function findDigest(block: Buffer, key: Buffer): { schema: DigestSchema; digest: Buffer } | undefined {
  for (const schema of DIGEST_SCHEMAS) {
    const offset = digestOffset(block, schema);
    const digest = block.subarray(offset, offset + DIGEST_SIZE);
    if (timingSafeEqual(digest, digestOf(block, offset, key))) return { schema, digest };
  }
  return undefined;
}

/** Signs S2 or C2 in its last 32 bytes, as the answer to the digest that the peer's first block carried. */
export function signAnswer(block: Buffer, peerDigest: Buffer, fullKey: Buffer): void {
  const end = HANDSHAKE_SIZE - DIGEST_SIZE;
  hmac(hmac(fullKey, peerDigest), block.subarray(0, end)).copy(block, end);
}
