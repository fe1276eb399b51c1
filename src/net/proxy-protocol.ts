import type { Socket } from 'node:net';
import type { Clock } from '../model/clock.ts';
import { formatIp } from '../model/ip.ts';
import { type ProxyHeader, parseProxyHeader } from '../protocol/proxy-header.ts';

/** From accept to the end of a trusted proxy's PROXY header, in milliseconds. */
const PROXY_HEADER_TIMEOUT_MS = 10_000;

/**
 * Reads the PROXY header with which a trusted proxy begins a connection and calls `done` with the client's address, or
 * `failed` with a sentence. The socket is paused then, and its next byte is the client's first.
 */
export function readProxyHeader(
  socket: Socket,
  clock: Clock,
  done: (ip: string) => void,
  failed: (why: string) => void,
): void {
  let received: Buffer = Buffer.alloc(0);
  const leave = () => {
    timer.clear();
    socket.off('data', onData).off('error', onError).off('close', onClose);
  };
  const fail = (why: string) => {
    leave();
    failed(why);
  };
  const onError = (error: Error) => fail(error.message);
  const onClose = () => fail('the proxy closed before its PROXY header was complete');
  const onData = (bytes: Buffer) => {
    // A copy: the bytes are the socket's again when this returns.
    received = Buffer.concat([received, bytes]);
    let header: ProxyHeader;
    try {
      header = parseProxyHeader(received);
    } catch (error) {
      fail((error as Error).message);
      return;
    }
    if (header.state === 'incomplete') return;
    leave();
    // Nothing may be read while nobody listens.
    socket.pause();
    const rest = received.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    done(formatIp(header.source ?? socket.remoteAddress ?? ''));
  };
  const timer = clock.after(PROXY_HEADER_TIMEOUT_MS, () => fail('no PROXY header came from a trusted proxy'));
  socket.on('data', onData).on('error', onError).on('close', onClose).resume();
}
