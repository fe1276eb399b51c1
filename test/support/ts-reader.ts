/** One frame of an elementary stream, with its times in 90 kHz. */
export interface PesPacket {
  readonly pid: number;
  readonly streamId: number;
  readonly pts: number;
  readonly dts: number;
  readonly data: Buffer;
}

/** What is in a transport stream. */
export interface TsContents {
  /** PID by stream type. */
  readonly streams: ReadonlyMap<number, number>;
  readonly clockPid: number;
  /** Clock references in 90 kHz, each with the number of frames that began before it. */
  readonly clocks: readonly { readonly pid: number; readonly time: number; readonly frames: number }[];
  readonly frames: readonly PesPacket[];
}

const PACKET = 188;

/** A packet of the transport stream. */
interface TsPacket {
  readonly pid: number;
  readonly counter: number;
  /** The payload begins a section or a PES packet. */
  readonly starts: boolean;
  readonly clock: number | undefined;
  /** What comes does not go on from what was before. */
  readonly anew: boolean;
  readonly payload: Buffer | undefined;
}

/** Reads MPEG-TS (ISO 13818-1) of one track assembler. Throws on anything that is not exactly as it should be. */
export function readTs(bytes: Buffer): TsContents {
  if (bytes.length % PACKET !== 0) throw new Error('not a whole number of packets');
  const streams = new Map<number, number>();
  const clocks: { pid: number; time: number; frames: number }[] = [];
  const frames: { pid: number; parts: Buffer[] }[] = [];
  const open = new Map<number, Buffer[]>();
  const counters = new Map<number, number>();
  let clockPid = 0;
  let mapPid: number | undefined;
  for (let at = 0; at < bytes.length; at += PACKET) {
    const { pid, counter, starts, clock, anew, payload } = readPacket(bytes.subarray(at, at + PACKET));
    const last = counters.get(pid);
    if (last !== undefined && counter !== (payload ? (last + 1) & 0x0f : last)) {
      throw new Error(`packet ${at / PACKET} of PID ${pid} has number ${counter} behind ${last}`);
    }
    if (last !== undefined && anew) throw new Error(`packet ${at / PACKET} of PID ${pid} is a discontinuity`);
    counters.set(pid, counter);
    if (clock !== undefined) clocks.push({ pid, time: clock, frames: frames.length });
    if (!payload) continue;
    if (pid === 0) {
      mapPid = section(payload).readUInt16BE(10) & 0x1fff;
    } else if (pid === mapPid) {
      clockPid = readMap(section(payload), streams);
    } else if (starts) {
      open.set(pid, [payload]);
      frames.push({ pid, parts: open.get(pid) ?? [] });
    } else {
      open.get(pid)?.push(payload);
    }
  }
  return {
    streams,
    clockPid,
    clocks,
    frames: frames.map(({ pid, parts }) => readPes(pid, Buffer.concat(parts))),
  };
}

function readPacket(bytes: Buffer): TsPacket {
  if (bytes[0] !== 0x47) throw new Error('no sync byte');
  const pid = bytes.readUInt16BE(1) & 0x1fff;
  const flags = bytes.readUInt8(3);
  let start = 4;
  let clock: number | undefined;
  let anew = false;
  if (flags & 0x20) {
    const length = bytes.readUInt8(4);
    anew = length > 0 && (bytes.readUInt8(5) & 0x80) !== 0;
    if (length > 0 && bytes.readUInt8(5) & 0x10)
      clock = bytes.readUInt32BE(6) * 2 + (bytes.readUInt8(10) >> 7);
    start += 1 + length;
  }
  const hasPayload = (flags & 0x10) !== 0;
  if (!hasPayload && start !== PACKET) throw new Error('an adaptation field does not fill its packet');
  const payload = hasPayload ? bytes.subarray(start) : undefined;
  return { pid, counter: flags & 0x0f, starts: (bytes.readUInt8(1) & 0x40) !== 0, clock, anew, payload };
}

/** Notes the streams of a program map and returns the PID of the clock. */
function readMap(map: Buffer, streams: Map<number, number>): number {
  for (let at = 12 + (map.readUInt16BE(10) & 0xfff); at < map.length - 4; ) {
    streams.set(map.readUInt8(at), map.readUInt16BE(at + 1) & 0x1fff);
    at += 5 + (map.readUInt16BE(at + 3) & 0xfff);
  }
  return map.readUInt16BE(8) & 0x1fff;
}

/** A table section behind its pointer, whose checksum is right. */
function section(payload: Buffer): Buffer {
  const start = 1 + payload.readUInt8(0);
  const bytes = payload.subarray(start, start + 3 + (payload.readUInt16BE(start + 1) & 0xfff));
  // A section that ends in its own checksum leaves none.
  if (crc32(bytes) !== 0) throw new Error('a section has a wrong checksum');
  return bytes;
}

function crc32(bytes: Buffer): number {
  let register = 0xffffffffn;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = (register >> 31n) ^ BigInt((byte >> bit) & 1);
      register = ((register << 1n) & 0xffffffffn) ^ (out === 1n ? 0x04c11db7n : 0n);
    }
  }
  return Number(register);
}

function readPes(pid: number, bytes: Buffer): PesPacket {
  if (bytes.readUIntBE(0, 3) !== 1) throw new Error('not a PES packet');
  const times = bytes.readUInt8(7) >> 6;
  const pts = readTime(bytes, 9, times === 3 ? 3 : 2);
  const dts = times === 3 ? readTime(bytes, 14, 1) : pts;
  return { pid, streamId: bytes.readUInt8(3), pts, dts, data: bytes.subarray(9 + bytes.readUInt8(8)) };
}

function readTime(bytes: Buffer, at: number, prefix: number): number {
  const digits = [...bytes.subarray(at, at + 5)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const match = /^(.{4})(.{3})1(.{15})1(.{15})1$/.exec(digits);
  if (!match || Number.parseInt(match[1] ?? '', 2) !== prefix) throw new Error(`a time stamp is ${digits}`);
  return Number.parseInt(`${match[2]}${match[3]}${match[4]}`, 2);
}
