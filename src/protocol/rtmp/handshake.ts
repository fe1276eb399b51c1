import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { ByteQueue } from '../bytes/byte-queue.ts';
import type { RandomBytes } from '../bytes/random.ts';
import { ProtocolError } from '../errors.ts';

/** Length of C1, C2, S1 and S2 (RTMP 5.2.3). */
const HANDSHAKE_SIZE = 1536;

/**
 * Place of the digest in C1 or S1: in the first half of what follows time and version, or in the second, where the
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
const DIGEST_KEYS: Readonly<Record<'client' | 'server', { readonly short: Buffer; readonly full: Buffer }>> =
  {
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
function signBlock(block: Buffer, schema: DigestSchema, key: Buffer): Buffer {
  const offset = digestOffset(block, schema);
  const digest = digestOf(block, offset, key);
  digest.copy(block, offset);
  return digest;
}

/** The digest in C1 or S1, with its schema, or undefined when there is none that `key` verifies. */
function findDigest(block: Buffer, key: Buffer): { schema: DigestSchema; digest: Buffer } | undefined {
  for (const schema of DIGEST_SCHEMAS) {
    const offset = digestOffset(block, schema);
    const digest = block.subarray(offset, offset + DIGEST_SIZE);
    if (timingSafeEqual(digest, digestOf(block, offset, key))) return { schema, digest };
  }
  return undefined;
}

/** Signs S2 or C2 in its last 32 bytes, as the answer to the digest that the peer's first block carried. */
function signAnswer(block: Buffer, peerDigest: Buffer, fullKey: Buffer): void {
  const end = HANDSHAKE_SIZE - DIGEST_SIZE;
  hmac(hmac(fullKey, peerDigest), block.subarray(0, end)).copy(block, end);
}

/** Result of a push. Nothing in it is a view of what was pushed. */
export interface HandshakeStep {
  /** Bytes to send to the peer now, if any. */
  readonly reply: Buffer | undefined;
  /** True once, when the last byte of the peer's handshake has been read. */
  readonly done: boolean;
  /** When done: the bytes that followed the handshake, which belong to the chunk stream. Else empty. */
  readonly rest: Buffer;
}

/** The only version in use (RTMP 5.2.2). */
const RTMP_VERSION = 3;

const EMPTY = Buffer.alloc(0);
const WAITING: HandshakeStep = { reply: undefined, done: false, rest: EMPTY };
/** Versions 3 and up make clients look for a digest in S1, so a server that signs must claim one. */
const SERVER_SOFTWARE = 0x04050001;

/** Flash Player 10 on Linux, as other clients claim too: servers sign their answer from 9 on. */
const CLIENT_SOFTWARE = 0x0a002d02;

/** The server's side (RTMP 5.2), with the digests that Flash and ffmpeg ask for and the specification is silent on. */
export class ServerHandshake {
  readonly #random: RandomBytes;
  readonly #queue = new ByteQueue();
  #state: 'hello' | 'answer' | 'done' = 'hello';

  constructor(random: RandomBytes = randomBytes) {
    this.#random = random;
  }

  /**
   * Takes bytes as they come; they may change afterwards. `ProtocolError` `handshake` when the first of them cannot be
   * RTMP.
   */
  push(bytes: Buffer): HandshakeStep {
    if (this.#state === 'done') throw new Error('the handshake is over');
    this.#queue.push(bytes);
    const step = this.#step();
    this.#queue.keep();
    return step;
  }

  #step(): HandshakeStep {
    const queue = this.#queue;
    let reply: Buffer | undefined;
    if (this.#state === 'hello') {
      const first = queue.peek(1)?.[0];
      if (first !== undefined) checkVersion(first);
      if (queue.length <= HANDSHAKE_SIZE) return WAITING;
      queue.skip(1);
      reply = this.#answer(queue.take(HANDSHAKE_SIZE));
      this.#state = 'answer';
    }
    if (queue.length < HANDSHAKE_SIZE) return { reply, done: false, rest: EMPTY };
    // C2 is read and not judged: it proves nothing, and encoders exist that get it wrong.
    queue.skip(HANDSHAKE_SIZE);
    this.#state = 'done';
    return { reply, done: true, rest: queue.take(queue.length) };
  }

  /** S0, S1 and S2 in one buffer, so that they leave in one packet. */
  #answer(c1: Buffer): Buffer {
    const reply = Buffer.alloc(1 + 2 * HANDSHAKE_SIZE);
    reply[0] = RTMP_VERSION;
    const s1 = reply.subarray(1, 1 + HANDSHAKE_SIZE);
    const s2 = reply.subarray(1 + HANDSHAKE_SIZE);
    // RTMP 5.2.3: time, four bytes of zero, random bytes. Time may be any value; we have no clock.
    this.#random(HANDSHAKE_SIZE - 8).copy(s1, 8);
    // Clients that sign put their software's version where others put zero.
    const found = c1.readUInt32BE(4) === 0 ? undefined : findDigest(c1, DIGEST_KEYS.client.short);
    if (found) {
      s1.writeUInt32BE(SERVER_SOFTWARE, 4);
      signBlock(s1, found.schema, DIGEST_KEYS.server.short);
      this.#random(HANDSHAKE_SIZE).copy(s2);
      signAnswer(s2, found.digest, DIGEST_KEYS.server.full);
    } else {
      c1.copy(s2);
    }
    return reply;
  }
}

function checkVersion(first: number): void {
  if (first === RTMP_VERSION) return;
  throw new ProtocolError('handshake', refusal(first));
}

function refusal(first: number): string {
  if (first === 0x16) return 'The peer speaks TLS (RTMPS) at a plain RTMP port';
  if (first >= 0x41 && first <= 0x5a) return 'The peer sent an HTTP request (or other text) to an RTMP port';
  if (first === 6 || first === 8 || first === 9)
    return `RTMP version ${first} (RTMPE, encrypted) is not accepted, only 3`;
  return `RTMP version ${first} is not accepted, only 3`;
}

/** The client's side (RTMP 5.2): `start` gives C0 and C1, the step that completes S0, S1 and S2 replies with C2. */
export class ClientHandshake {
  readonly #random: RandomBytes;
  readonly #schema: DigestSchema | undefined;
  readonly #queue = new ByteQueue();
  #done = false;

  /** `simple` sends no digest; `digest` signs C1, and C2 when the server's S1 is signed too. */
  constructor(
    kind: 'simple' | 'digest',
    random: RandomBytes = randomBytes,
    schema: DigestSchema = 'digest-first',
  ) {
    this.#random = random;
    this.#schema = kind === 'digest' ? schema : undefined;
  }

  /** C0 and C1, to send at once. */
  start(): Buffer {
    const hello = Buffer.alloc(1 + HANDSHAKE_SIZE);
    hello[0] = RTMP_VERSION;
    const c1 = hello.subarray(1);
    this.#random(HANDSHAKE_SIZE - 8).copy(c1, 8);
    if (this.#schema) {
      c1.writeUInt32BE(CLIENT_SOFTWARE, 4);
      signBlock(c1, this.#schema, DIGEST_KEYS.client.short);
    }
    return hello;
  }

  /**
   * Takes the server's bytes as they come; they may change afterwards. `ProtocolError` `handshake` when it answers with
   * another version.
   */
  push(bytes: Buffer): HandshakeStep {
    if (this.#done) throw new Error('the handshake is over');
    this.#queue.push(bytes);
    const step = this.#step();
    this.#queue.keep();
    return step;
  }

  #step(): HandshakeStep {
    const queue = this.#queue;
    if (queue.length > 0 && queue.byteAt(0) !== RTMP_VERSION) {
      throw new ProtocolError('handshake', `The server answered with RTMP version ${queue.byteAt(0)}, not 3`);
    }
    if (queue.length < 1 + 2 * HANDSHAKE_SIZE) return { reply: undefined, done: false, rest: EMPTY };
    queue.skip(1);
    const s1 = queue.take(HANDSHAKE_SIZE);
    // S2 is read and not judged, as C2 is: what it could prove protects nobody.
    queue.skip(HANDSHAKE_SIZE);
    this.#done = true;
    return { reply: this.#answer(s1), done: true, rest: queue.take(queue.length) };
  }

  #answer(s1: Buffer): Buffer {
    const found = this.#schema ? findDigest(s1, DIGEST_KEYS.server.short) : undefined;
    // RTMP 5.2.4: C2 echoes S1.
    if (!found) return s1;
    const c2 = Buffer.from(this.#random(HANDSHAKE_SIZE));
    signAnswer(c2, found.digest, DIGEST_KEYS.client.full);
    return c2;
  }
}
