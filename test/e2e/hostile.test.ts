import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/model/process-clock.ts';
import { type GatecastProcess, startGatecast } from '../support/gatecast.ts';
import * as hostile from '../support/hostile.ts';
import { picture } from '../support/picture.ts';
import { required } from '../support/requires.ts';
import {
  type PlayingClient,
  type PublishingClient,
  startPlaying,
  startPublishing,
} from '../support/rtmp-peer.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { stopped } from '../support/stopped.ts';
import { until, within } from '../support/until.ts';
import { amf, cat, message, pattern, setChunkSize } from '../support/wire.ts';

/** What one of many hostile connections may add to the memory of the process, all in all. */
const HOSTILE_CONNECTIONS = 2000;
const MAX_GROWTH = 64 * 1024 * 1024;

let server: GatecastProcess;
let publisher: PublishingClient;
let player: PlayingClient;
let sending: NodeJS.Timeout;
let moments = 0;

beforeAll(async () => {
  server = await startGatecast('max_connections 500; vhost __defaultVhost__ { }');
  publisher = await startPublishing('cam', server);
  player = await startPlaying('cam', server);
  publisher.send(picture.videoHeader(), picture.audioHeader());
  sending = setInterval(() => publisher.send(...picture.moment(moments++)), 20);
});

afterAll(async () => {
  clearInterval(sending);
  // Whatever came in between, the bystanders have had every packet in its order.
  try {
    await player.hasMedia(2 + 2 * moments);
    const times = player.media.slice(2).map((packet) => packet.timestamp);
    expect(times).toEqual(Array.from({ length: 2 * moments }, (_, i) => 40 * Math.floor(i / 2)));
  } finally {
    player.stop();
    publisher.stop();
    await server.stop();
  }
});

/** Handshake, connect and createStream, then these bytes. */
const connected = (...bytes: readonly Buffer[]) => Buffer.concat([...hostile.opening(server.port), ...bytes]);

describe('a client is dropped, with one line that names what was wrong:', () => {
  const cases: readonly (readonly [string, () => Buffer | string, RegExp])[] = [
    ['garbage', () => pattern(5000, 99), /RTMP version \d+ is not accepted/],
    ['an HTTP request', () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', /HTTP request/],
    ['a TLS hello', () => cat([0x16, 3, 1, 2, 0, 1], pattern(506)), /TLS/],
    [
      'a command before connect',
      () => cat(hostile.handshake, hostile.command('createStream', 1, amf.null)),
      /before connect/,
    ],
    ['connect twice', () => connected(hostile.connectCommand(server.port)), /connect twice/],
    [
      'a message of 16 MB',
      () =>
        cat(hostile.handshake, message({ csid: 4, type: 9, payload: Buffer.alloc(16_000_000) }, 16_777_215)),
      /A message of 16000000 bytes/,
    ],
    [
      'chunk streams without end',
      () =>
        connected(
          Buffer.concat(Array.from({ length: 65_000 }, (_, i) => message({ csid: 3 + i, payload: 'x' }))),
        ),
      /More than 64 chunk streams/,
    ],
    [
      'a claim of 8 MiB on each of 64 chunk streams',
      () => connected(setChunkSize(300_000), hostile.claims(60, 300_000)),
      /Unfinished messages hold more than 16777216 bytes/,
    ],
    [
      '5,000 objects in each other',
      () => connected(hostile.command('play', 3, hostile.nested(5000))),
      /nested deeper than 32/,
    ],
    [
      'an object with 100,000 keys',
      () => connected(hostile.command('play', 3, hostile.wide(100_000))),
      /more than 4096 AMF0 values/,
    ],
    ['a chunk size of 0', () => connected(setChunkSize(0)), /A chunk size of 0/],
    ['AMF3', () => connected(hostile.command('play', 3, Buffer.of(0x11, 1))), /AMF3/],
    [
      'a command without a name',
      () => connected(message({ csid: 3, type: 20, streamId: 0, payload: amf.number(1) })),
      /no name/,
    ],
    ['a chunk that continues nothing', () => connected(Buffer.of(0xc0 + 40, 1, 2, 3)), /begins with fmt 3/],
  ];

  test.each(cases)('%s', async (_what, bytes, why) => {
    const client = stopped(await hostile.sendRaw(server.port, bytes()));

    await within('the end of the connection', client.closed);

    const line = await server.logged('connection closed', { why });
    expect(line).toMatchObject({ level: 'info', reason: 'protocol_error' });
    expect(linesOf(line['client'])).toEqual(['connection closed']);
  });

  test('100,000 createStreams of a client that never reads the answers', async () => {
    const flood = Array.from({ length: 100_000 }, (_, i) => hostile.command('createStream', i + 3, amf.null));
    const client = stopped(
      await hostile.sendRaw(server.port, connected(Buffer.concat(flood)), { reading: false }),
    );

    const line = await server.logged('connection closed', { reason: 'slow' });

    client.socket.resume();
    await within('the end of the connection', client.closed);
    expect(line['why']).toMatch(/replies/);
    expect(linesOf(line['client'])).toEqual(['connection closed']);
  });

  test('half a handshake, and then nobody there', async () => {
    const client = await hostile.sendRaw(server.port, hostile.handshake.subarray(0, 1000));
    client.socket.end();

    await within('the end of the connection', client.closed);

    const line = await server.logged('connection closed', { bytesIn: 1000 });
    expect(line).toMatchObject({ reason: 'client' });
    expect(linesOf(line['client'])).toEqual(['connection closed']);
  });
});

test('two thousand hostile connections leave the memory of the process as it was', async (context) => {
  required(context, residentBytes(), 'there is no /proc to read the memory of a process from');
  const attacks = [
    cat(hostile.handshake, hostile.command('createStream', 1, amf.null)),
    connected(setChunkSize(60_000), hostile.claims(61, 10_000), setChunkSize(0)),
    connected(hostile.command('play', 3, hostile.wide(10_000))),
    pattern(5000, 99),
  ];
  const attack = async (i: number) => {
    const client = await hostile.sendRaw(server.port, attacks[i % attacks.length] ?? '');
    await within('the end of the connection', client.closed);
  };
  const wave = async (count: number) => {
    for (let i = 0; i < count; i += 50)
      await Promise.all(Array.from({ length: 50 }, (_, j) => attack(i + j)));
  };
  // What the first wave leaves is the heap that the engine keeps for the next one.
  await wave(HOSTILE_CONNECTIONS / 2);
  const before = residentBytes() ?? 0;

  await wave(HOSTILE_CONNECTIONS);

  const growth = (residentBytes() ?? 0) - before;
  process.stdout.write(
    `${HOSTILE_CONNECTIONS} hostile connections: ${(before / 2 ** 20).toFixed()} MiB, then ${(growth / 2 ** 20).toFixed(1)} MiB more\n`,
  );
  expect(growth).toBeLessThan(MAX_GROWTH);
});

describe('patience, on a clock that runs twenty times as fast', () => {
  const RATE = 20;
  const fastClock = {
    now: () => systemClock.now() * RATE,
    awake: () => systemClock.awake() * RATE,
    after: (ms: number, task: () => void) => systemClock.after(ms / RATE, task),
    endOfTurn: (task: () => void) => systemClock.endOfTurn(task),
  };
  const start = async () => stopped(await startServer(undefined, { clock: fastClock }));
  const ending = (running: RunningServer, why: RegExp) =>
    until(`the line about ${why}`, () =>
      running.log.find((line) => line.msg === 'connection closed' && why.test(String(line['why']))),
    );

  test.each([
    ['nothing at all', Buffer.alloc(0)],
    ['half a handshake', hostile.handshake.subarray(0, 1000)],
    ['a handshake and no connect', hostile.handshake],
  ])('a client that sends %s and stays is dropped', async (_what, bytes) => {
    const running = await start();
    const client = stopped(await hostile.sendRaw(running.port, bytes));

    await within('the end of the connection', client.closed);

    if (bytes.length > 0) await ending(running, /no connect within 10000 ms/);
    expect(running.log.filter((line) => line.msg === 'connection closed')).toHaveLength(
      bytes.length > 0 ? 1 : 0,
    );
  });

  test('a player that never reads is skipped, held to its bound, and dropped; others see nothing of it', async () => {
    const running = await start();
    const source = stopped(await startPublishing('cam', running));
    const good = stopped(await startPlaying('cam', running));
    source.send(picture.videoHeader(), picture.audioHeader());
    const playing = cat(...hostile.opening(running.port), hostile.streamCommand('play', amf.string('cam')));
    const loris = stopped(await hostile.sendRaw(running.port, playing, { reading: false }));
    await until('two players', () => running.log.filter((line) => line.msg === 'play started').length === 2);
    let sent = 0;
    const feed = setInterval(() => source.send(picture.keyframe(40 * sent++, 200_000)), 10);

    const line = await ending(running, /took no bytes|too slow|behind/).finally(() => clearInterval(feed));

    loris.socket.resume();
    await within('the end of the connection', loris.closed);
    expect(
      running.log.filter((each) => each['client'] === line['client'] && each.msg === 'connection closed'),
    ).toHaveLength(1);
    await good.hasMedia(2 + sent);
    expect(good.media.slice(2).map((packet) => packet.timestamp)).toEqual(
      Array.from({ length: sent }, (_, i) => 40 * i),
    );
  });
});

/** What the log says of a client beside that it came. */
function linesOf(client: unknown): string[] {
  const lines = server.log.filter((line) => line['client'] === client).map((line) => line.msg);
  return lines.filter((msg) => msg !== 'client connected');
}

/** LimitedClient memory of the server, on Linux. */
function residentBytes(): number | undefined {
  try {
    const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}
