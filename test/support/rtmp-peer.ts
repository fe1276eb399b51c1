import { once } from 'node:events';
import { connect } from 'node:net';
import type { AmfObject } from '../../src/protocol/amf0/value.ts';
import type { RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { mediaOf, type Packet } from './flv-file.ts';
import { until } from './until.ts';

/** Where a client goes. */
export interface Destination {
  readonly port: number;
  /** What follows `rtmp://127.0.0.1:port/`, query included. */
  readonly app?: string;
  readonly host?: string;
  readonly properties?: AmfObject;
}

/** Connects to a server of this machine and shakes hands. */
export async function connectTo(destination: Destination): Promise<ClientSession> {
  const { port, app = 'live', host = '127.0.0.1', properties } = destination;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return ClientSession.connect(socket, {
    tcUrl: `rtmp://${host}:${port}/${app}`,
    app: app.replace(/\?.*$/, ''),
    ...(properties === undefined ? {} : { properties }),
  });
}

/** A client that plays, with all that it has received. */
export interface PlayingClient {
  readonly session: ClientSession;
  readonly received: readonly RtmpMessage[];
  readonly media: Packet[];
  /** Waits until so many audio and video packets have come. */
  hasMedia(count: number): Promise<Packet[]>;
  stop(): void;
}

export async function startPlaying(name: string, destination: Destination): Promise<PlayingClient> {
  const session = await connectTo(destination);
  const received: RtmpMessage[] = [];
  await session.play(name, (message) => received.push(message));
  return {
    session,
    received,
    get media() {
      return mediaOf(received);
    },
    hasMedia(count) {
      const what = `${count} packets of ${name}`;
      return until(
        what,
        () => received.length >= count && mediaOf(received).length >= count && mediaOf(received),
      ).catch((error: unknown) => {
        throw new Error(`${what}: there are ${mediaOf(received).length}`, { cause: error });
      });
    },
    stop: () => session.close(),
  };
}

/** A client that publishes. */
export interface PublishingClient {
  readonly session: ClientSession;
  readonly streamId: number;
  send(...packets: readonly Packet[]): void;
  stop(): void;
}

export async function startPublishing(name: string, destination: Destination): Promise<PublishingClient> {
  const session = await connectTo(destination);
  const streamId = await session.publish(name);
  return {
    session,
    streamId,
    send: (...packets) => session.send(...packets.map((packet) => ({ ...packet, csid: 6, streamId }))),
    stop: () => session.close(),
  };
}
