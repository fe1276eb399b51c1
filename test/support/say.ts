import { amf, be, cat, message, pattern } from './wire.ts';

/** Bytes of a client's session, built from the specifications. Message stream and transaction ids are the caller's. */

type Value = Buffer | string | number | boolean | null;

const value = (item: Value): Buffer => {
  if (Buffer.isBuffer(item)) return item;
  if (item === null) return amf.null;
  if (typeof item === 'string') return amf.string(item);
  return typeof item === 'number' ? amf.number(item) : amf.boolean(item);
};

/** A command as its payload. */
export const commandPayload = (name: string, transaction: number, ...args: readonly Value[]): Buffer =>
  cat(amf.string(name), amf.number(transaction), ...args.map(value));

/** A command on a message stream. */
export const call = (
  streamId: number,
  name: string,
  transaction: number,
  ...args: readonly Value[]
): Buffer => message({ csid: 3, type: 20, streamId, payload: commandPayload(name, transaction, ...args) });

export interface ConnectWords {
  readonly tcUrl?: string;
  readonly app?: string;
  readonly pageUrl?: string;
  readonly more?: Readonly<Record<string, Buffer>>;
}

/** C0, C1 and C2 in one: a client that does not wait. */
export const handshake: Buffer = cat([3], be(0, 8), pattern(1528, 3), pattern(1536, 5));

export const say = {
  connect({ tcUrl = 'rtmp://10.0.0.1/live', app = 'live', pageUrl, more = {} }: ConnectWords = {}): Buffer {
    const page = pageUrl === undefined ? {} : { pageUrl: amf.string(pageUrl) };
    const object = amf.object({ app: amf.string(app), tcUrl: amf.string(tcUrl), ...page, ...more });
    return call(0, 'connect', 1, object);
  },
  createStream: (transaction = 2): Buffer => call(0, 'createStream', transaction, null),
  publish: (name: string, streamId = 1): Buffer => call(streamId, 'publish', 3, null, name, 'live'),
  play: (name: string, streamId = 1): Buffer => call(streamId, 'play', 4, null, name, -2),
  deleteStream: (streamId = 1): Buffer => call(0, 'deleteStream', 0, null, streamId),
  closeStream: (streamId = 1): Buffer => call(streamId, 'closeStream', 0, null),
  audio: (payload: Buffer, timestamp = 0, streamId = 1): Buffer =>
    message({ csid: 4, type: 8, streamId, timestamp, payload }),
  video: (payload: Buffer, timestamp = 0, streamId = 1): Buffer =>
    message({ csid: 6, type: 9, streamId, timestamp, payload }),
  data: (payload: Buffer, timestamp = 0, streamId = 1): Buffer =>
    message({ csid: 5, type: 18, streamId, timestamp, payload }),
  ping: (value: number): Buffer =>
    message({ csid: 2, type: 4, streamId: 0, payload: cat([0, 6], be(value, 4)) }),
  windowAckSize: (bytes: number): Buffer => message({ csid: 2, type: 5, streamId: 0, payload: be(bytes, 4) }),
};

/** FLV tag bodies, recognisable by their last bytes. */
export const flv = {
  avcConfig: (name = 'avc'): Buffer => cat([0x17, 0, 0, 0, 0], name),
  keyframe: (name: string): Buffer => cat([0x17, 1, 0, 0, 0], name),
  frame: (name: string): Buffer => cat([0x27, 1, 0, 0, 0], name),
  aacConfig: (name = 'aac'): Buffer => cat([0xaf, 0], name),
  aac: (name: string): Buffer => cat([0xaf, 1], name),
  metadata: (serializer = 'test'): Buffer =>
    cat(
      amf.string('onMetaData'),
      amf.ecmaArray({ serializer: amf.string(serializer), width: amf.number(1280) }),
    ),
};

/** The same as a publisher says it. */
export const setDataFrame = (metadata: Buffer): Buffer => cat(amf.string('@setDataFrame'), metadata);
