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

function link(from: Duplex, to: Duplex): void {
  from.once('close', () => {
    if (from.writableFinished) to.destroy();
    else to.destroy(new Error('read ECONNRESET'));
  });
}
