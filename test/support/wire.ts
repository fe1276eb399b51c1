/**
 * RTMP and AMF0 bytes, built from the specifications and nothing else: this file must not import from src/, so that
 * encoder and decoder cannot agree on the same mistake.
 */

const BASE = { csid: 4, type: 8, streamId: 1, timestamp: 0, payload: '' as string | Buffer };

/** A message as tests describe it; what is left out is audio on chunk stream 4 and message stream 1 at 0 ms. */
export type WireMessage = Partial<typeof BASE>;

/** A number as `count` big-endian bytes. */
export function be(value: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let rest = value;
  for (let i = count - 1; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** A number as `count` little-endian bytes. */
const le = (value: number, count: number): Buffer => be(value, count).reverse();

export const cat = (...parts: readonly (Buffer | string | readonly number[])[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part as Buffer))),
  );

/** RTMP 5.3.1.1. `form` forces a longer form than the csid needs. */
export function basicHeader(fmt: number, csid: number, form?: 1 | 2 | 3): Buffer {
  const size = form ?? (csid < 64 ? 1 : csid < 320 ? 2 : 3);
  if (size === 1) return be(fmt * 64 + csid, 1);
  if (size === 2) return cat(be(fmt * 64, 1), be(csid - 64, 1));
  return cat(be(fmt * 64 + 1, 1), le(csid - 64, 2));
}

interface ChunkParts {
  fmt: 0 | 1 | 2 | 3;
  csid?: number;
  form?: 1 | 2 | 3;
  /** The 3-byte field, or the extended one when `extended` is set or it does not fit. */
  time?: number;
  extended?: boolean;
  length?: number;
  type?: number;
  streamId?: number;
  data?: string | Buffer;
}

/** One chunk, every field as told (RTMP 5.3.1). */
export function chunk(parts: ChunkParts): Buffer {
  const { fmt, csid = 4, form, time = 0, length = 0, type = 8, streamId = 1, data = '' } = parts;
  const extended = parts.extended ?? (fmt < 3 && time >= 0xffffff);
  const out: (Buffer | string)[] = [basicHeader(fmt, csid, form)];
  if (fmt <= 2) out.push(be(extended ? 0xffffff : time, 3));
  if (fmt <= 1) out.push(be(length, 3), be(type, 1));
  if (fmt === 0) out.push(le(streamId, 4));
  if (extended) out.push(be(time, 4));
  return cat(...out, data);
}

/** A whole message: fmt 0, then fmt 3. `repeat: false` leaves the extended timestamp out of fmt 3, as some encoders do. */
export function message(message: WireMessage, chunkSize = 128, repeat = true): Buffer {
  const { csid, type, streamId, timestamp, payload } = { ...BASE, ...message };
  const bytes = Buffer.from(payload as string);
  const extended = timestamp >= 0xffffff;
  const out = [
    chunk({
      fmt: 0,
      csid,
      time: timestamp,
      length: bytes.length,
      type,
      streamId,
      data: bytes.subarray(0, chunkSize),
    }),
  ];
  for (let at = chunkSize; at < bytes.length; at += chunkSize) {
    const data = bytes.subarray(at, at + chunkSize);
    out.push(chunk({ fmt: 3, csid, time: timestamp, extended: extended && repeat, data }));
  }
  return cat(...out);
}

/** RTMP 5.4.1. */
export const setChunkSize = (size: number): Buffer =>
  message({ csid: 2, type: 1, streamId: 0, payload: be(size, 4) });

/** RTMP 5.4.2. */
export const abort = (csid: number): Buffer =>
  message({ csid: 2, type: 2, streamId: 0, payload: be(csid, 4) });

/** Repeatable bytes of any length. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** Cuts bytes at the given places, in any order, doubled or out of range. */
export function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.filter((cut) => cut > 0 && cut < bytes.length))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => Buffer.from(bytes.subarray(from, places[i] ?? bytes.length)));
}

const f64 = (value: number): Buffer => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return Buffer.from(view.buffer);
};
const key = (name: string): Buffer => cat(be(Buffer.byteLength(name), 2), name);
const properties = (entries: Readonly<Record<string, Buffer>>): Buffer =>
  cat(...Object.entries(entries).flatMap(([name, value]) => [key(name), value]), [0, 0, 9]);

/** AMF0 values, type marker first. */
export const amf = {
  number: (value: number): Buffer => cat([0], f64(value)),
  boolean: (value: boolean): Buffer => Buffer.of(1, value ? 1 : 0),
  string: (text: string): Buffer => cat([2], key(text)),
  object: (entries: Readonly<Record<string, Buffer>>): Buffer => cat([3], properties(entries)),
  null: Buffer.of(5),
  undefined: Buffer.of(6),
  reference: (index: number): Buffer => cat([7], be(index, 2)),
  ecmaArray: (entries: Readonly<Record<string, Buffer>>, count = Object.keys(entries).length): Buffer =>
    cat([8], be(count, 4), properties(entries)),
  strictArray: (...elements: readonly Buffer[]): Buffer => cat([10], be(elements.length, 4), ...elements),
  date: (milliseconds: number, zone = 0): Buffer => cat([11], f64(milliseconds), be(zone, 2)),
  longString: (text: string): Buffer => cat([12], be(Buffer.byteLength(text), 4), text),
  unsupported: Buffer.of(13),
  xml: (text: string): Buffer => cat([15], be(Buffer.byteLength(text), 4), text),
  typedObject: (name: string, entries: Readonly<Record<string, Buffer>>): Buffer =>
    cat([16], key(name), properties(entries)),
};
