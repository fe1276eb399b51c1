import { createServer, type Socket } from 'node:net';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-encoder.ts';
import { mediaMessages } from '../media.ts';

/**
 * The limit: a loop of writes and nothing else. `bare-loop.ts PORT BATCH_MS`. Whoever connects and says anything is
 * sent as many bytes as a handshake has, then the benchmark's stream in the chunks a player would get: each packet as
 * its time comes (BATCH_MS 0), or all of BATCH_MS in one buffer. One buffer is shared by all.
 */
const [, , port = '', batchText = '0'] = process.argv;
const batchMs = Number(batchText);

const sockets = new Set<Socket>();
const handshake = Buffer.alloc(3073);

createServer({ noDelay: true }, (socket) => {
  socket.once('data', () => {
    socket.write(handshake);
    sockets.add(socket);
  });
  socket.on('data', () => undefined);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
}).listen(Number(port), '127.0.0.1', 4096);

const startedAt = performance.now();
const media = mediaMessages(1);
let next = media.next();
let due = 0;
function pump(): void {
  const now = performance.now() - startedAt;
  const parts: Buffer[] = [];
  while (!next.done && next.value.timestamp <= now) {
    parts.push(encodeMessage(next.value, 60_000));
    next = media.next();
  }
  if (parts.length > 0) {
    const bytes = Buffer.concat(parts);
    for (const socket of sockets) socket.write(bytes);
  }
  if (next.done) return;
  due = batchMs > 0 ? due + batchMs : next.value.timestamp;
  setTimeout(pump, Math.max(1, due - (performance.now() - startedAt)));
}
pump();
process.on('SIGTERM', () => process.exit(0));
