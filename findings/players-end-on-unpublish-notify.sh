#!/usr/bin/env bash
# Finding: ffmpeg does not end on what RTMP has for the end of a stream.
#
# RTMP 1.0 (7.1.7) has a user control message for it, Stream EOF. ffmpeg ignores that and waits for as long as the connection
# stays open. It ends at once on two status codes: NetStream.Play.Stop, and NetStream.Play.UnpublishNotify, which the
# specification does not name. A server that wants ffmpeg to end when the publisher has left has to send one of these.
#
# Seen with the ffmpeg that the npm package @ffmpeg-installer/ffmpeg 1.1.0 brings for linux-x64. Expected output:
#
#   silence                         waits
#   Stream EOF                      waits
#   NetStream.Play.Stop             ends
#   NetStream.Play.UnpublishNotify  ends
#
# Needs Node.js 20 or later and the npm registry. Installs into a temporary folder, talks to loopback only, takes 30 s.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @ffmpeg-installer/ffmpeg@1.1.0
cat >probe.mjs <<'SCRIPT'
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';

const { path: ffmpeg } = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg');
chmodSync(ffmpeg, 0o755);
console.log(spawnSync(ffmpeg, ['-version'], { encoding: 'utf8' }).stdout.split('\n')[0]);

const make = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x120:rate=25:duration=1', '-c:v', 'flv', '-g', '25', 'a.flv'];
if (spawnSync(ffmpeg, make).status !== 0) throw new Error('ffmpeg made no file');

/** Tags of the file: type, time and body. */
function* tags(file) {
  for (let at = 13; at < file.length; ) {
    const size = file.readUIntBE(at + 1, 3);
    yield { type: file[at], time: file.readUIntBE(at + 4, 3), body: file.subarray(at + 11, at + 11 + size) };
    at += 15 + size;
  }
}

// AMF 0, as far as it is needed.
const text = (value) => Buffer.concat([Buffer.from([2, value.length >> 8, value.length & 255]), Buffer.from(value)]);
const number = (value) => {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
const nothing = Buffer.from([5]);
const object = (entries) =>
  Buffer.concat([
    Buffer.from([3]),
    ...Object.entries(entries).flatMap(([name, value]) => [text(name).subarray(1), text(value)]),
    Buffer.from([0, 0, 9]),
  ]);

/** One message in chunks of 128 bytes, the size that both sides begin with. */
function message(type, streamId, time, body) {
  const head = Buffer.alloc(12);
  head[0] = 5;
  head.writeUIntBE(time, 1, 3);
  head.writeUIntBE(body.length, 4, 3);
  head[7] = type;
  head.writeUInt32LE(streamId, 8);
  const parts = [head, body.subarray(0, 128)];
  for (let at = 128; at < body.length; at += 128) parts.push(Buffer.from([0xc5]), body.subarray(at, at + 128));
  return Buffer.concat(parts);
}
const status = (code) =>
  message(20, 1, 0, Buffer.concat([text('onStatus'), number(0), nothing, object({ level: 'status', code, description: code })]));

const SAID = [
  ['silence', Buffer.alloc(0)],
  ['Stream EOF', message(4, 0, 0, Buffer.from([0, 1, 0, 0, 0, 1]))],
  ['NetStream.Play.Stop', status('NetStream.Play.Stop')],
  ['NetStream.Play.UnpublishNotify', status('NetStream.Play.UnpublishNotify')],
];

/** Lets one player in, gives it a second of a stream, says `words`, and keeps the connection open. */
function serve(socket, words) {
  let input = Buffer.alloc(0);
  let shaken = false;
  const answered = new Set();
  socket.on('error', () => undefined);
  socket.on('data', (part) => {
    input = Buffer.concat([input, part]);
    if (!shaken) {
      if (input.length < 1537) return;
      shaken = true;
      socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(1536), input.subarray(1, 1537)]));
    }
    // This client's commands are shorter than a chunk, and each name comes once.
    for (const name of ['connect', 'createStream', 'play']) {
      if (answered.has(name)) continue;
      const at = input.indexOf(text(name));
      if (at < 0 || input.length < at + 12 + name.length) return;
      answered.add(name);
      const id = number(input.readDoubleBE(at + 4 + name.length));
      if (name === 'connect')
        socket.write(message(20, 0, 0, Buffer.concat([text('_result'), id, nothing, object({ level: 'status', code: 'NetConnection.Connect.Success' })])));
      if (name === 'createStream')
        socket.write(message(20, 0, 0, Buffer.concat([text('_result'), id, nothing, number(1)])));
      if (name === 'play') {
        socket.write(status('NetStream.Play.Start'));
        for (const { type, time, body } of tags(readFileSync('a.flv'))) socket.write(message(type, 1, time, body));
        socket.write(words);
      }
    }
  });
}

for (const [name, words] of SAID) {
  const server = createServer((socket) => serve(socket, words)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `rtmp://127.0.0.1:${server.address().port}/live/cam`;
  const player = spawn(ffmpeg, ['-v', 'error', '-nostdin', '-i', url, '-f', 'null', '-'], { stdio: 'inherit' });
  const ended = once(player, 'exit').then(() => 'ends');
  const outcome = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 7000, 'waits').unref())]);
  console.log(`${name.padEnd(30)}  ${outcome}`);
  player.kill('SIGKILL');
  await ended;
  server.close();
}
SCRIPT
node probe.mjs | tee seen
diff - <(tail -n +2 seen) <<'EXPECTED'
silence                         waits
Stream EOF                      waits
NetStream.Play.Stop             ends
NetStream.Play.UnpublishNotify  ends
EXPECTED
