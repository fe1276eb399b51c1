/** One RTMP message, whole. */
export interface RtmpMessage {
  /** Message type id; see {@link MESSAGE_TYPE}. */
  readonly type: number;
  /** Milliseconds, absolute, unsigned 32 bits; wraps after 49.7 days. */
  readonly timestamp: number;
  /** Message stream id: 0 is the connection itself. */
  readonly streamId: number;
  /** Chunk stream id it came on or goes out on. */
  readonly csid: number;
  readonly payload: Buffer;
}

/** Message type ids (RTMP 5.4, 6.2 and 7.1). */
export const MESSAGE_TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAckSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  sharedObjectAmf3: 16,
  commandAmf3: 17,
  dataAmf0: 18,
  sharedObjectAmf0: 19,
  commandAmf0: 20,
  aggregate: 22,
} as const;

/**
 * The chunk streams we send on. Only `control` is prescribed (RTMP 5.4); the others are apart so that each kind
 * keeps its own header state in the receiver.
 */
export const CSID = { control: 2, command: 3, audio: 4, data: 5, video: 6 } as const;
