import type { Server } from 'node:http';
import type { Clock } from '../model/clock.ts';

/**
 * Has the limits that `server` sets to requests not count pauses of this process: Node looks at them before it reads what
 * waits in the sockets. A request may take as much longer as the process was paused lately.
 */
export function excusePauses(server: Server, clock: Clock): void {
  const { headersTimeout, requestTimeout } = server;
  const lately = Math.max(headersTimeout, requestTimeout);
  let pausedMs = clock.now() - clock.awake();
  let excusedMs = 0;
  let until = 0;
  const excuse = () => {
    const now = clock.now();
    if (now > until) excusedMs = 0;
    const newlyMs = now - clock.awake() - pausedMs;
    // Below that it is but the fractions of two sums.
    if (newlyMs > 1) {
      pausedMs += newlyMs;
      excusedMs += newlyMs;
      until = now + lately;
    }
    return excusedMs;
  };
  // Node reads them each time it looks.
  Object.defineProperties(server, {
    headersTimeout: { get: () => headersTimeout + excuse() },
    requestTimeout: { get: () => requestTimeout + excuse() },
  });
  // In place of Node's own answer, which ends a connection whose next request may be there already.
  server.on('timeout', (socket) => {
    const { bytesRead } = socket;
    clock.endOfTurn(() => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    });
  });
}
