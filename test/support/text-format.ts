import type { MediaKind, MediaPacket } from '../../src/model/media.ts';
import type { Serializer, Sink } from '../../src/streams/sink.ts';

/**
 * A wire format that can be read: one line per packet, `name@timestamp`. Without a codec in the way, a test of the hub
 * sees exactly which packets a player gets.
 */
export function textEncoder(id = 'text', leavesOut: readonly MediaKind[] = []): Serializer {
  const line = (packet: MediaPacket) =>
    leavesOut.includes(packet.kind)
      ? Buffer.alloc(0)
      : Buffer.from(`${packet.payload.toString()}@${packet.timestamp}\n`);
  return {
    id,
    size: (packet) => line(packet).length,
    write: (target, offset, packet) => offset + line(packet).copy(target, offset),
  };
}

/** A player that reads as fast as the test says. */
export class TextSink implements Sink {
  readonly serializer: Serializer;
  readonly written: Buffer[] = [];
  backlog = 0;
  drops = 0;
  /** How often it was told that the stream is over. */
  ended = 0;
  /** Bytes that were written since the test last took note; a sink that does not `read` keeps them as its backlog. */
  reads = true;

  constructor(serializer: Serializer = textEncoder()) {
    this.serializer = serializer;
  }

  write(bytes: Buffer): void {
    this.written.push(bytes);
    if (!this.reads) this.backlog += bytes.length;
  }

  drop(): void {
    this.drops += 1;
  }

  end(): void {
    this.ended += 1;
  }

  /** What has arrived so far, packet by packet. */
  get lines(): string[] {
    const text = Buffer.concat(this.written).toString();
    return text.split('\n').slice(0, -1);
  }

  /** The names of what has arrived, without their times. */
  get names(): string[] {
    return this.lines.map((line) => line.slice(0, line.indexOf('@')));
  }

  /** The names of what has arrived since the last call. */
  news(): string[] {
    const { names } = this;
    this.written.length = 0;
    return names;
  }
}

const packet = (
  kind: MediaKind,
  name: string,
  timestamp: number,
  rest: Partial<MediaPacket> = {},
): MediaPacket => ({
  kind,
  timestamp,
  payload: Buffer.from(name),
  keyframe: false,
  headerSlot: undefined,
  ...rest,
});

export const keyframe = (name: string, timestamp = 0): MediaPacket =>
  packet('video', name, timestamp, { keyframe: true });
export const frame = (name: string, timestamp = 0): MediaPacket => packet('video', name, timestamp);
export const sound = (name: string, timestamp = 0): MediaPacket => packet('audio', name, timestamp);
/** Data that is no metadata, such as a subtitle. */
export const cue = (name: string, timestamp = 0): MediaPacket => packet('data', name, timestamp);
export const metadata = (name: string, timestamp = 0): MediaPacket =>
  packet('data', name, timestamp, { headerSlot: 'metadata' });
export const videoHeader = (name: string, timestamp = 0, track = 0): MediaPacket =>
  packet('video', name, timestamp, { headerSlot: `video:${track}` });
export const audioHeader = (name: string, timestamp = 0, track = 0): MediaPacket =>
  packet('audio', name, timestamp, { headerSlot: `audio:${track}` });

/** A packet with a payload of this many bytes, which reads as `name` and dots. */
export const heavy = (original: MediaPacket, bytes: number): MediaPacket => ({
  ...original,
  payload: Buffer.from(original.payload.toString().padEnd(bytes, '.')),
});
