#!/usr/bin/env node
// What `npm start` runs: the server with conf/gatecast.conf, the sample callback backend beside it, and what to paste.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (...args) =>
  spawn(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, stdio: 'inherit', detached: true });

console.log(`
  Gatecast listens on rtmp://127.0.0.1/live and asks the sample backend on port 8085 about every client.

  console   http://127.0.0.1:1985/console   what is going on, as it happens

  OBS       Settings > Stream > Custom   server  rtmp://127.0.0.1/live   stream key  livestream
  publish   ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac -f flv rtmp://127.0.0.1/live/livestream
  play      ffplay rtmp://127.0.0.1/live/livestream   or in a browser, in the console
  refuse    gatecast callbacks --deny on_publish=403, or --token KEY (docs/hooks.md)

  Ctrl-C stops both.
`);

const backend = run('callbacks');
const server = run('-c', 'conf/gatecast.conf');

// The server first, the backend when it has heard the last closing event.
const stop = () => server.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
server.on('exit', (code) => {
  backend.kill('SIGTERM');
  // A backend that could not start is the error that counts, however well the server then stopped.
  process.exitCode ??= code ?? 1;
});
backend.on('exit', (code) => {
  if (code === null || code === 0) return;
  process.exitCode = code;
  stop();
});
