import { ProtocolError } from './errors.ts';

/** Facts of a proxy on the connection that it passes on. */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly state: 'incomplete' }
  /** `length` bytes belong to the header. `source` is undefined when the proxy speaks for itself (LOCAL, UNKNOWN). */
  | { readonly state: 'complete'; readonly length: number; readonly source: string | undefined };

const V1_START = Buffer.from('PROXY ');
/** PROXY protocol 2.1: the longest line there can be, with its CR LF. */
const V1_MAX = 107;
const V2_START = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const V2_FIXED = 16;
/** The commands of version 2. */
const LOCAL = 0;
const PROXY = 1;
/** Addresses and TLVs that we are ready to wait for; proxies send some hundred bytes. */
const V2_MAX = 4096;

/**
 * Reads a PROXY protocol header, version 1 or 2, at the beginning of `bytes` (HAProxy's specification, sections 2.1 and
 * 2.2). `ProtocolError` `proxy` when it is none.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAlike(bytes, V1_START)) return parseV1(bytes);
  if (startsAlike(bytes, V2_START)) return parseV2(bytes);
  throw new ProtocolError('proxy', 'A trusted proxy sent no PROXY protocol header');
}

function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX).indexOf('\r\n');
  if (end < 0) {
    if (bytes.length < V1_MAX) return { state: 'incomplete' };
    throw new ProtocolError('proxy', `A PROXY line did not end within ${V1_MAX} bytes`);
  }
  const [, family, source] = bytes.toString('latin1', 0, end).split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { state: 'complete', length, source: undefined };
  const plausible =
    family === 'TCP4' ? /^[\d.]{7,15}$/ : family === 'TCP6' ? /^[\da-f:.]{2,45}$/i : undefined;
  if (!plausible || source === undefined || !plausible.test(source)) {
    throw new ProtocolError('proxy', 'A PROXY line has no source address');
  }
  return { state: 'complete', length, source };
}

function parseV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < V2_FIXED) return { state: 'incomplete' };
  const versionAndCommand = bytes.readUInt8(12);
  if (versionAndCommand >> 4 !== 2)
    throw new ProtocolError('proxy', 'A binary PROXY header is not version 2');
  const rest = bytes.readUInt16BE(14);
  const length = V2_FIXED + rest;
  if (length > V2_MAX)
    throw new ProtocolError('proxy', `A PROXY header of ${length} bytes is over ${V2_MAX}`);
  if (bytes.length < length) return { state: 'incomplete' };
  const command = versionAndCommand & 0x0f;
  if (command > PROXY)
    throw new ProtocolError('proxy', `A binary PROXY header has the unknown command ${command}`);
  return { state: 'complete', length, source: command === LOCAL ? undefined : v2Source(bytes, rest) };
}

function v2Source(bytes: Buffer, addressLength: number): string | undefined {
  const family = bytes.readUInt8(13) >> 4;
  const size = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (size === 0) return undefined; // AF_UNSPEC, AF_UNIX: the proxy's own address has to do
  if (addressLength < 2 * size + 4)
    throw new ProtocolError('proxy', 'A PROXY header is too short for its addresses');
  const address = bytes.subarray(V2_FIXED, V2_FIXED + size);
  if (size === 4) return [...address].join('.');
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(2 * index).toString(16));
  return groups.join(':');
}
