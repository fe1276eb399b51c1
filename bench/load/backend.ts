import { createServer } from 'node:http';

/** The fastest reasonable callback backend: `backend.ts PORT` answers 0 to everything. Prints `up` when it listens. */
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-length': 1 });
    response.end('0');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => process.stdout.write('up\n'));
process.on('SIGTERM', () => process.exit(0));
