import { createServer } from 'node:http';

/**
 * The fastest reasonable callback backend: `backend.ts PORT` answers 0 to every POST, and counts to every GET. Prints
 * `up` when it listens.
 */
const counts = { requests: 0, bytes: 0, connections: 0 };
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(counts));
    return;
  }
  counts.requests += 1;
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-length': 1 });
    response.end('0');
  });
});
server.on('connection', (socket) => {
  counts.connections += 1;
  socket.on('data', (bytes) => {
    counts.bytes += bytes.length;
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.stdout.write('up\n'));
process.on('SIGTERM', () => process.exit(0));
