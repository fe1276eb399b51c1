import { type Duplex, duplexPair } from 'node:stream';

/**
 * Two ends of a connection in memory. Unlike Node's `duplexPair`, and like a socket, an end notices when the other is
 * destroyed: as a reset if it was not told the end before.
 */
export function pipe(): [Duplex, Duplex] {
  const [a, b] = duplexPair();
  link(a, b);
  link(b, a);
  return [a, b];
}

/**
 * Makes an end lend what it reads, as sockets that share a buffer do: the bytes are gone when 'data' has been handled.
 */
export function lending(stream: Duplex): Duplex {
  const emit = stream.emit.bind(stream);
  stream.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'data') return emit(event, ...args);
    const lent = Buffer.from(args[0] as Buffer);
    const heard = emit(event, lent);
    lent.fill(0xa5);
    return heard;
  };
  return stream;
}

function link(from: Duplex, to: Duplex): void {
  from.once('close', () => {
    if (from.writableFinished) to.destroy();
    else to.destroy(new Error('read ECONNRESET'));
  });
}
