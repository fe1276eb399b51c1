#!/usr/bin/env node
// What `npm start` runs: the server with conf/gatecast.conf, the sample backend beside it, and what to paste.
// Arguments are the backend's: npm start -- --token secret
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CONTROL_SOCKET } from '../dist/model/control.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const backendArgs = process.argv.slice(2);

/** True if a server started from this folder runs: its control socket answers. */
function isRunning() {
  return new Promise((resolve) => {
    const socket = connect(`${root}objs/${CONTROL_SOCKET}`);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).end();
  });
}

/** Starts one of the two. What it prints is kept until `show` is called. */
function start(...args) {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C is for this process, which stops the two in their order.
    detached: true,
  });
  let text = '';
  const keep = (part) => {
    text += part;
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  const ended = new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return {
    ended,
    stop: () => child.kill('SIGTERM'),
    /** Resolves with the first line that has `words`, or with undefined when the program ends without it. */
    line(words) {
      return new Promise((resolve) => {
        const look = () => {
          const found = text.split('\n').find((line) => line.includes(words));
          if (found === undefined) return;
          child.stdout.off('data', look);
          resolve(found);
        };
        child.stdout.on('data', look);
        void ended.then(() => resolve(undefined));
        look();
      });
    },
    show() {
      child.stdout.off('data', keep);
      process.stdout.write(text);
      child.stdout.on('data', (part) => process.stdout.write(part));
    },
  };
}

/** What to paste, for the ports that are open and the token that the backend wants. */
function banner({ listen, api }) {
  const port = (protocol, usual) => {
    const place = listen.find((each) => each.protocol === protocol);
    return place === undefined || place.port === usual ? '' : `:${place.port}`;
  };
  const rtmp = `rtmp://127.0.0.1${port('rtmp', 1935)}/live`;
  const http = `http://127.0.0.1${port('http', 80)}/live/livestream`;
  const token = backendArgs.join(' ').match(/--token[ =](\S+)/)?.[1];
  const param = token === undefined ? '' : `?token=${token}`;
  const quoted = (text) => (param === '' ? text : `'${text}'`);
  const address = `${rtmp}/livestream${param}`;
  return `
  Gatecast listens at ${rtmp} and asks the sample backend about every client.

  console   ${api ? `http://127.0.0.1:${api.port}/console   watch, and see every hook as it happens` : 'off'}

  OBS       Settings > Stream > Custom   server  ${rtmp}   stream key  livestream${param}
  publish   ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac -f flv ${quoted(address)}
  play      ffplay ${quoted(address)}
  browser   ${http}.m3u8${param}   Safari and phones; in other browsers, the console
  refuse    ${token === undefined ? 'stop this, then: npm start -- --token secret' : `leave out ${param}`}

  Ctrl-C stops both.
`;
}

if (await isRunning()) {
  console.error(
    'error: Gatecast runs already from this folder. Stop it first: Ctrl-C where `npm start` runs, or SIGTERM.',
  );
  process.exit(1);
}

const backend = start('callbacks', ...backendArgs);
let server;
// The server first, the backend when it has heard the last closing event.
const stop = () => (server ?? backend).stop();
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
let isDone = false;
// A backend that fails is the error that counts, however well the server then stops.
void backend.ended.then((code) => {
  if (!isDone) process.exitCode = code;
  server?.stop();
});

if ((await backend.line('Sample backend listens')) !== undefined) {
  server = start('-c', 'conf/gatecast.conf');
  void server.ended.then((code) => {
    isDone = true;
    process.exitCode ??= code;
    backend.stop();
  });
  const listening = await server.line('"gatecast is listening"');
  if (listening !== undefined) console.log(banner(JSON.parse(listening)));
  server.show();
  if (listening !== undefined) backend.show();
}
