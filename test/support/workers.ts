import type { RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import type { ClientSession } from '../../src/rtmp/client-session.ts';
import type { GatecastProcess } from './gatecast.ts';
import { connectTo } from './rtmp-peer.ts';
import { stopped } from './stopped.ts';
import { until } from './until.ts';

/** A client, and the number of the worker that it got to. */
export interface PlacedClient {
  readonly session: ClientSession;
  readonly worker: number;
  /** The id by which the log names it. */
  readonly client: string;
}

/** Connects to a server of several workers until one of them that `isRight` has the client. */
export async function connectWhere(
  server: GatecastProcess,
  isRight: (worker: number) => boolean,
): Promise<PlacedClient> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const connected = () => server.log.filter(({ msg }) => msg === 'client connected');
    const before = connected().length;
    const session = await connectTo({ port: server.port });
    const line = await until('the log line of a client', () => connected()[before]);
    const worker = Number(line['worker']);
    if (isRight(worker)) {
      stopped({ stop: () => session.close() });
      return { session, worker, client: String(line['client']) };
    }
    session.close();
    await session.closed;
  }
  throw new Error('200 connections did not get to the worker that is wanted');
}

/** What a player has been given. */
export class Received {
  readonly messages: RtmpMessage[] = [];
  readonly take = (message: RtmpMessage): void => void this.messages.push(message);

  /** Kind, time and bytes of each packet that is media or metadata. */
  get lines(): string[] {
    return this.messages
      .filter(({ type }) => type === 8 || type === 9 || type === 18)
      .map(({ type, timestamp, payload }) => `${type}@${timestamp} ${payload.toString('hex')}`);
  }

  has(count: number): Promise<string[]> {
    return until(
      `${count} packets, there are ${this.lines.length}`,
      () => this.lines.length >= count && this.lines,
    );
  }
}

const bytes = (head: readonly number[], body: string) =>
  Buffer.concat([Buffer.from(head), Buffer.from(body)]);
const csid = 6;

/** Packets of a picture with sound, on message stream `streamId`. */
export const media = {
  videoHeader: (streamId: number, timestamp = 0): RtmpMessage => ({
    type: 9,
    csid,
    streamId,
    timestamp,
    payload: bytes([0x17, 0, 0, 0, 0], 'avc configuration'),
  }),
  audioHeader: (streamId: number, timestamp = 0): RtmpMessage => ({
    type: 8,
    csid,
    streamId,
    timestamp,
    payload: bytes([0xaf, 0], 'aac configuration'),
  }),
  keyframe: (streamId: number, timestamp: number, size = 20): RtmpMessage => ({
    type: 9,
    csid,
    streamId,
    timestamp,
    payload: bytes([0x17, 1, 0, 0, 0], `keyframe ${timestamp} `.padEnd(size, 'k')),
  }),
  frame: (streamId: number, timestamp: number, size = 20): RtmpMessage => ({
    type: 9,
    csid,
    streamId,
    timestamp,
    payload: bytes([0x27, 1, 0, 0, 0], `frame ${timestamp} `.padEnd(size, 'f')),
  }),
  sound: (streamId: number, timestamp: number): RtmpMessage => ({
    type: 8,
    csid,
    streamId,
    timestamp,
    payload: bytes([0xaf, 1], `sound ${timestamp}`),
  }),
} as const;

/** Headers and a first picture. */
export const opening = (streamId: number, from = 0): RtmpMessage[] => [
  media.videoHeader(streamId),
  media.audioHeader(streamId),
  media.keyframe(streamId, from, 100_000),
];

/** Some frames and sounds that follow. */
export const following = (streamId: number, from: number, count = 20): RtmpMessage[] =>
  Array.from({ length: count }, (_, index) => [
    media.frame(streamId, from + 40 * index, 1000 * (index % 5)),
    media.sound(streamId, from + 40 * index + 20),
  ]).flat();
