import { type OnReadOpts, Socket } from 'node:net';

/** Bytes that one read takes at most. */
const BUFFER_BYTES = 65_536;

/** What `node:net` has of a socket and does not show. */
interface Internals {
  _handle?: object | null;
}

/**
 * Sockets that all read into one buffer, instead of memory that Node makes for each read. What a handler of 'data' is
 * given is a view of it: it is the handler's until it returns, and has to be copied to last longer. Whenever such a
 * socket is not paused somebody has to listen, or what comes is lost. Everything else is as with any socket.
 */
export class SharedReads {
  /** What to give to `connect`. */
  readonly onread: OnReadOpts = { buffer: Buffer.allocUnsafeSlow(BUFFER_BYTES), callback: emitData };

  /**
   * The connection of a socket that was accepted with `pauseOnConnect`, as a socket that reads into the buffer; the
   * accepted one is empty then. Node lets those who connect bring a buffer, and not those who accept, so the handle has
   * to change hands. Where there is none to be found, the accepted socket goes on as it is.
   */
  adopt(accepted: Socket): Socket {
    const holder = accepted as unknown as Internals;
    const handle = holder._handle;
    if (!handle || !('useUserBuffer' in handle)) return accepted.resume();
    holder._handle = null;
    const options = { handle, readable: true, writable: true, onread: this.onread };
    const socket = new Socket(options);
    // It has nothing to close any more; its server counts it out.
    accepted.destroy();
    return socket;
  }
}

function emitData(this: unknown, bytes: number, buffer: Uint8Array): boolean {
  (this as Socket).emit('data', (buffer as Buffer).subarray(0, bytes));
  return true;
}
