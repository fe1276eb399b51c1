import { connect as connectPlainly, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-encoder.ts';
import { encodeCommand } from '../../src/protocol/rtmp/command.ts';
import { setChunkSize } from '../../src/protocol/rtmp/control.ts';
import { CSID, MESSAGE_TYPE } from '../../src/protocol/rtmp/message.ts';

/**
 * A process of N players that share one loop: `swarm.ts PORT N RATE SECONDS [STREAM] [WAY]`. Each shakes hands, sends all
 * its commands in one go and drains what comes; over HTTP (`http-flv`, `ws-flv`) it sends a request, and with
 * `rtmps` it speaks TLS. Prints `in` when all are in, and a report after SECONDS more.
 */
const [, , portText = '', countText = '', rateText = '', secondsText = '', stream = 's', way = 'rtmp'] =
  process.argv;
const port = Number(portText);
const count = Number(countText);
const rate = Number(rateText);
const seconds = Number(secondsText);

const overHttp = way === 'http-flv' || way === 'ws-flv';
const overTls = way === 'rtmps';

/** Handshake and replies are shorter than this; the first keyframe is longer. */
const MEDIA_BYTES = 3073 + 4096;

const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
const request = `GET /live/${stream}.flv HTTP/1.1\r\nHost: localhost\r\n${way === 'ws-flv' ? upgrade : ''}\r\n`;

interface Player {
  socket: Socket;
  readonly startedAt: number;
  bytes: number;
  windowBytes: number;
  firstMediaAt: number;
  lastAt: number;
  maxGap: number;
  alive: boolean;
}

const c0c1 = Buffer.alloc(1537);
c0c1[0] = 3;
const commands = Buffer.concat([
  encodeMessage(setChunkSize(65_536), 128),
  command('connect', 1, 0, {
    app: 'live',
    tcUrl: `rtmp://127.0.0.1:${port}/live`,
    flashVer: 'LNX 9,0,124,2',
  }),
  command('createStream', 2, 0, null),
  command('play', 3, 1, null, stream, -2000),
]);

function command(
  name: string,
  id: number,
  streamId: number,
  ...args: Parameters<typeof encodeCommand>[2][]
): Buffer {
  const payload = encodeCommand(name, id, ...args);
  return encodeMessage(
    { type: MESSAGE_TYPE.commandAmf0, csid: CSID.command, timestamp: 0, streamId, payload },
    65_536,
  );
}

const players: Player[] = [];
const shared = Buffer.allocUnsafe(1 << 20);
let measuring = false;

/** A connection by the way of this swarm. */
function connect(options: TcpNetConnectOpts): Socket {
  return overTls ? connectTls({ ...options, rejectUnauthorized: false }) : connectPlainly(options);
}

function join(): void {
  const now = performance.now();
  const player: Player = {
    socket: undefined as unknown as Socket,
    startedAt: now,
    bytes: 0,
    windowBytes: 0,
    firstMediaAt: 0,
    lastAt: now,
    maxGap: 0,
    alive: true,
  };
  players.push(player);
  let handshaken = false;
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: shared,
      callback: (length) => {
        const at = performance.now();
        player.bytes += length;
        if (!overHttp && !handshaken && player.bytes >= 3073) {
          handshaken = true;
          socket.write(Buffer.concat([Buffer.alloc(1536), commands]));
        }
        if (player.firstMediaAt === 0 && player.bytes > MEDIA_BYTES) player.firstMediaAt = at;
        if (measuring) {
          player.windowBytes += length;
          player.maxGap = Math.max(player.maxGap, at - player.lastAt);
        }
        player.lastAt = at;
        return true;
      },
    },
  });
  player.socket = socket;
  socket.on(overTls ? 'secureConnect' : 'connect', () => socket.write(overHttp ? request : c0c1));
  socket.on('error', () => {
    player.alive = false;
  });
  socket.on('close', () => {
    player.alive = false;
  });
}

function ramp(): void {
  const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / 1000) * rate));
  while (players.length < due) join();
  if (players.length < count) setTimeout(ramp, 1);
  else waitForPictures();
}

function waitForPictures(): void {
  const missing = players.some((player) => player.alive && player.firstMediaAt === 0);
  if (missing && performance.now() - startedAt < 30_000) setTimeout(waitForPictures, 10);
  else setTimeout(measure, 1500);
}

function measure(): void {
  process.stdout.write('in\n');
  measuring = true;
  const from = performance.now();
  for (const player of players) player.lastAt = from;
  setTimeout(() => report(performance.now() - from), seconds * 1000);
}

function report(ms: number): void {
  const live = players.filter((player) => player.alive);
  const windows = live.map((player) => player.windowBytes);
  const waits = live.map((player) => player.firstMediaAt - player.startedAt);
  const result = {
    live: live.length,
    seconds: ms / 1000,
    bytes: windows.reduce((sum, bytes) => sum + bytes, 0),
    minBytes: Math.min(...windows),
    maxBytes: Math.max(...windows),
    maxGapMs: Math.max(...live.map((player) => player.maxGap)),
    meanFirstMediaMs: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
    allFirstMediaMs: Math.max(...live.map((player) => player.firstMediaAt)) - startedAt,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}

const startedAt = performance.now();
ramp();
