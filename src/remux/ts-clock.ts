/** Offset of times in MPEG-TS to the stream's time line, in milliseconds, so that the clock is not negative. */
export const TS_START_MS = 1_000;
/** Lead of a clock reference over the decoding of what follows, in 90 kHz. */
const LEAD = 45_000;
/** Clock references are no further apart than this, in 90 kHz: half of what ISO 13818-1 2.7.2 allows. */
const INTERVAL = 4_500;

const PACKET_BYTES = 188;
const PMT_PID = 0x1000;
const NULL_PID = 0x1fff;

/**
 * Completes a piece of MPEG-TS of mediabunny's: it has no clock reference (PCR, ISO 13818-1 2.4.3.5) and was made with
 * decoding times alone. `presentations` has, for each video stream, the presentation time of each frame in order, in
 * milliseconds. Returns the same packets with clock references between them, which `TsCounters` has to
 * number; `anew` marks the first piece of a stream.
 */
export function addClock(
  piece: Uint8Array,
  presentations: readonly (readonly number[])[],
  anew: boolean,
): Uint8Array {
  const count = Math.floor(piece.length / PACKET_BYTES);
  const turns = presentations.map((times) => times.values());
  const clock = clockPid(piece, count);
  const marks: { readonly packet: number; readonly time: number }[] = [];
  let last: number | undefined;
  for (let packet = 0; packet < count; packet++) {
    const at = packet * PACKET_BYTES;
    if (pidOf(piece, at) === PMT_PID) nameClock(piece, at, clock);
    const pes = pesAt(piece, at);
    if (pes === undefined) continue;
    const stream = piece[pes + 3] as number;
    const isVideo = (stream & 0xf0) === 0xe0;
    const time = readTime(piece, isVideo ? pes + 14 : pes + 9);
    const presentation = isVideo ? turns[stream - 0xe0]?.next().value : undefined;
    if (presentation !== undefined) writeTime(piece, pes + 9, 3, Math.round(presentation * 90));
    if (last !== undefined && time - last < INTERVAL) continue;
    marks.push({ packet, time });
    last = time;
  }
  return withClock(piece, count, clock, marks, anew);
}

function withClock(
  piece: Uint8Array,
  count: number,
  pid: number,
  marks: readonly { readonly packet: number; readonly time: number }[],
  anew: boolean,
): Uint8Array {
  const result = new Uint8Array((count + marks.length) * PACKET_BYTES);
  let from = 0;
  let at = 0;
  for (const [i, { packet, time }] of marks.entries()) {
    result.set(piece.subarray(from * PACKET_BYTES, packet * PACKET_BYTES), at);
    at += (packet - from) * PACKET_BYTES;
    writeClock(result.subarray(at, at + PACKET_BYTES), pid, time - LEAD, anew && i === 0);
    at += PACKET_BYTES;
    from = packet;
  }
  result.set(piece.subarray(from * PACKET_BYTES, count * PACKET_BYTES), at);
  return result;
}

function pidOf(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 1] as number) & 0x1f) << 8) | (bytes[at + 2] as number);
}

/** Offset of the payload in a packet. */
function payloadAt(bytes: Uint8Array, at: number): number {
  const adaptation = ((bytes[at + 3] as number) & 0x20) !== 0;
  return at + 4 + (adaptation ? 1 + (bytes[at + 4] as number) : 0);
}

/** Offset of a PES packet in the packet, if one begins there. */
function pesAt(bytes: Uint8Array, at: number): number | undefined {
  if (((bytes[at + 1] as number) & 0x40) === 0) return undefined;
  const start = payloadAt(bytes, at);
  return bytes[start] === 0 && bytes[start + 1] === 0 && bytes[start + 2] === 1 ? start : undefined;
}

/** The stream that the clock goes with: the first video track, else the first audio track. */
function clockPid(piece: Uint8Array, count: number): number {
  let first: number | undefined;
  for (let packet = 0; packet < count; packet++) {
    const at = packet * PACKET_BYTES;
    const pes = pesAt(piece, at);
    if (pes === undefined) continue;
    if (piece[pes + 3] === 0xe0) return pidOf(piece, at);
    first ??= pidOf(piece, at);
  }
  return first ?? NULL_PID;
}

/** Writes PCR_PID into the program map (ISO 13818-1 2.4.4.8) and its checksum. */
function nameClock(bytes: Uint8Array, at: number, pid: number): void {
  const section = payloadAt(bytes, at) + 1;
  const length = (((bytes[section + 1] as number) & 0x0f) << 8) | (bytes[section + 2] as number);
  bytes[section + 8] = 0xe0 | (pid >> 8);
  bytes[section + 9] = pid & 0xff;
  const end = section + 3 + length - 4;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(end, crc(bytes.subarray(section, end)));
}

/** 33 bits in five bytes with markers between them (ISO 13818-1 2.4.3.6). */
function readTime(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes.subarray(at, at + 5);
  return ((a >> 1) & 7) * 2 ** 30 + (((b << 8) | c) >> 1) * 2 ** 15 + (((d << 8) | e) >> 1);
}

function writeTime(bytes: Uint8Array, at: number, prefix: number, time: number): void {
  const value = time % 2 ** 33;
  const low = value % 2 ** 15;
  const middle = Math.floor(value / 2 ** 15) % 2 ** 15;
  bytes[at] = (prefix << 4) | (Math.floor(value / 2 ** 30) << 1) | 1;
  bytes[at + 1] = middle >> 7;
  bytes[at + 2] = ((middle << 1) & 0xff) | 1;
  bytes[at + 3] = low >> 7;
  bytes[at + 4] = ((low << 1) & 0xff) | 1;
}

/** A packet that has a clock reference alone; `anew` says that the clock does not go on from the one before. */
function writeClock(packet: Uint8Array, pid: number, time: number, anew: boolean): void {
  const value = (time + 2 ** 33) % 2 ** 33;
  packet.fill(0xff);
  packet.set([0x47, pid >> 8, pid & 0xff, 0x20, PACKET_BYTES - 5, anew ? 0x90 : 0x10]);
  new DataView(packet.buffer, packet.byteOffset).setUint32(6, Math.floor(value / 2));
  packet[10] = (value % 2) * 0x80 + 0x7e;
  packet[11] = 0;
}

/** CRC-32 of ISO 13818-1 annex A. */
function crc(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  }
  return value >>> 0;
}
