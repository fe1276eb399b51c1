import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { amf, be, cat, chunk, message, pattern } from './wire.ts';

/** A socket whose owner does as he likes: bytes out, and an end that the server makes. */
export interface RawClient {
  readonly socket: Socket;
  /** Settles when the connection is over, error or not. */
  readonly closed: Promise<void>;
  /** Bytes that have come. */
  readonly bytesRead: number;
  stop(): void;
}

/** Connects and sends. `reading: false` leaves all that comes in the kernel. */
export async function sendRaw(
  port: number,
  bytes: Buffer | string,
  options: { reading?: boolean } = {},
): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  // The server hangs up in the middle of what we send: that is what these tests are for.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (options.reading ?? true) socket.resume();
  else socket.pause();
  await once(socket, 'connect');
  socket.write(bytes);
  return {
    socket,
    closed,
    get bytesRead() {
      return socket.bytesRead;
    },
    stop: () => void socket.destroy(),
  };
}

/** C0, C1 and a C2 that answers nothing: servers do not look at it. */
export const handshake: Buffer = cat([3, 0, 0, 0, 0, 0, 0, 0, 0], pattern(1528), pattern(1536));

/** A command on message stream 0. */
export function command(name: string, transaction: number, ...values: readonly Buffer[]): Buffer {
  const payload = cat(amf.string(name), amf.number(transaction), ...values);
  return message({ csid: 3, type: 20, streamId: 0, payload });
}

/** The same on a message stream. */
export function streamCommand(name: string, ...values: readonly Buffer[]): Buffer {
  const payload = cat(amf.string(name), amf.number(0), amf.null, ...values);
  return message({ csid: 3, type: 20, streamId: 1, payload });
}

export function connectCommand(port: number): Buffer {
  const properties = { app: amf.string('live'), tcUrl: amf.string(`rtmp://127.0.0.1:${port}/live`) };
  return command('connect', 1, amf.object(properties));
}

/** Handshake, connect and createStream, all at once. */
export function opening(port: number): Buffer[] {
  return [handshake, connectCommand(port), command('createStream', 2, amf.null)];
}

/** Objects within objects. */
export function nested(depth: number): Buffer {
  const opening = cat([3], be(1, 2), 'a');
  return cat(...Array.from({ length: depth }, () => opening), [5]);
}

/** One object with so many keys. */
export function wide(keys: number): Buffer {
  const properties = Array.from({ length: keys }, (_, i) => cat(be(6, 2), String(i).padStart(6, '0'), [5]));
  return cat([3], ...properties, [0, 0, 9]);
}

/** Announces messages of 8 MiB on so many chunk streams and begins each of them. */
export function claims(streams: number, bytesEach: number): Buffer {
  const head = (csid: number) =>
    chunk({ fmt: 0, csid, length: 8 * 1024 * 1024, type: 9, data: pattern(bytesEach, csid) });
  return cat(...Array.from({ length: streams }, (_, i) => head(3 + i)));
}
