/**
 * Reads what a server sends, from the specifications and nothing else: like wire.ts it must not import from src/. Throws
 * on anything that is not as it should be.
 */

export interface WireMessage {
  readonly csid: number;
  readonly type: number;
  readonly streamId: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

interface Header {
  type: number;
  streamId: number;
  timestamp: number;
  length: number;
  extended: boolean;
  parts: Buffer[];
  received: number;
}

/** Chunks to messages (RTMP 5.3). Set Chunk Size is obeyed and reported. */
export class WireReader {
  #bytes: Buffer = Buffer.alloc(0);
  #chunkSize = 128;
  readonly #streams = new Map<number, Header>();

  /** Bytes that do not make a whole chunk yet, or belong to a message that is not whole. */
  get unfinished(): number {
    let held = this.#bytes.length;
    for (const { received } of this.#streams.values()) held += received;
    return held;
  }

  *push(bytes: Buffer): Generator<WireMessage> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const message = this.#chunk();
      if (message === undefined) return;
      if (message !== 'more') yield message;
    }
  }

  #chunk(): WireMessage | 'more' | undefined {
    const bytes = this.#bytes;
    const first = bytes[0];
    if (first === undefined) return undefined;
    const fmt = first >> 6;
    const csid = first & 0x3f;
    if (csid < 2) throw new Error('this server uses one-byte basic headers');
    if (fmt === 1 || fmt === 2) throw new Error(`this server sends no fmt ${fmt}`);
    const fixed = fmt === 0 ? 12 : 1;
    if (bytes.length < fixed) return undefined;
    const known = this.#streams.get(csid);
    if (fmt !== 3 && known && known.received > 0) throw new Error('a message within another one');
    const field = fmt === 3 ? 0 : bytes.readUIntBE(1, 3);
    const extended = fmt === 3 ? (known?.extended ?? false) : field === 0xffffff;
    const start = fixed + (extended ? 4 : 0);
    if (bytes.length < start) return undefined;
    const time = extended ? bytes.readUInt32BE(fixed) : field;
    const header: Header | undefined =
      fmt === 0
        ? {
            timestamp: time,
            length: bytes.readUIntBE(4, 3),
            type: bytes.readUInt8(7),
            streamId: bytes.readUInt32LE(8),
            extended,
            parts: [],
            received: 0,
          }
        : known;
    if (!header) throw new Error(`chunk stream ${csid} begins with fmt 3`);
    if (fmt === 3 && header.received === 0) throw new Error('this server begins every message with fmt 0');
    if (fmt === 3 && extended && time !== header.timestamp) throw new Error('a repeated timestamp differs');
    const take = Math.min(this.#chunkSize, header.length - header.received);
    if (bytes.length < start + take) return undefined;
    this.#streams.set(csid, header);
    header.parts.push(bytes.subarray(start, start + take));
    header.received += take;
    this.#bytes = bytes.subarray(start + take);
    if (header.received < header.length) return 'more';
    const { type, streamId, timestamp } = header;
    const payload = Buffer.concat(header.parts);
    header.parts = [];
    header.received = 0;
    if (type === 1) this.#chunkSize = payload.readUInt32BE(0);
    return { csid, type, streamId, timestamp, payload };
  }
}

export type AmfData = number | boolean | string | null | undefined | AmfData[] | { [key: string]: AmfData };

/** All AMF0 values of a payload. */
export function readAmf(payload: Buffer): AmfData[] {
  let at = 0;
  const u16 = () => {
    at += 2;
    return payload.readUInt16BE(at - 2);
  };
  const u32 = () => {
    at += 4;
    return payload.readUInt32BE(at - 4);
  };
  const text = (length: number) => {
    at += length;
    if (at > payload.length) throw new Error('an AMF0 string is cut off');
    return payload.toString('utf8', at - length, at);
  };
  const object = () => {
    const result: { [key: string]: AmfData } = {};
    for (;;) {
      const key = text(u16());
      if (key === '' && payload[at] === 9) break;
      result[key] = value();
    }
    at += 1;
    return result;
  };
  const value = (): AmfData => {
    const marker = payload.readUInt8(at);
    at += 1;
    switch (marker) {
      case 0:
        at += 8;
        return payload.readDoubleBE(at - 8);
      case 1:
        return payload[at++] !== 0;
      case 2:
        return text(u16());
      case 3:
        return object();
      case 5:
        return null;
      case 6:
        return undefined;
      case 8:
        u32();
        return object();
      case 10:
        return Array.from({ length: u32() }, value);
      case 12:
        return text(u32());
      default:
        throw new Error(`AMF0 marker ${marker} at ${at - 1}`);
    }
  };
  const values: AmfData[] = [];
  while (at < payload.length) values.push(value());
  return values;
}
