import { expect, onTestFinished, test } from 'vitest';
import { streamId } from '../../src/model/stream-key.ts';
import { FRAME_WATCH_TIMEOUT_MS, MAX_FRAME_MARKS, StatsCollector } from '../../src/stats/stats-collector.ts';
import { openServer, PICTURE, settled } from '../support/memory-server.ts';
import { flv, say } from '../support/say.ts';
import { until } from '../support/until.ts';

const KEY = { vhost: '__defaultVhost__', app: 'live', stream: 'cam' };

function open() {
  const server = openServer();
  const { hub, clients, clock } = server;
  const stats = new StatsCollector({
    worker: 3,
    hub,
    clients,
    clock,
    recordings: ({ stream }) => [`${stream}.flv`],
    refusals: () => ({ on_play: 2 }),
  });
  onTestFinished(() => stats.close());
  return { ...server, stats };
}

const all = { clients: { start: 0, count: 10 } } as const;

test('nobody is nobody', async () => {
  const { stats } = open();
  expect(await stats.collectStats(all)).toMatchObject({
    streams: [],
    clients: [],
    matching: 0,
    frames: undefined,
    processes: [{ worker: 3, connections: 0, kinds: [], totals: { clients: 0, refusals: { on_play: 2 } } }],
  });
});

test('a stream is known by its publisher, its players and what it carries', async () => {
  const { stats, publishing, playing } = open();
  const publisher = await publishing();
  await playing();
  publisher.say(...PICTURE);
  await settled();
  const { streams, processes } = await stats.collectStats(all);
  expect(streams).toEqual([
    expect.objectContaining({
      key: KEY,
      publisher: expect.objectContaining({ tcUrl: expect.stringContaining('/live') }),
      players: 1,
      packets: 5,
      frames: 2,
      recordings: ['cam.flv'],
      video: expect.objectContaining({ codec: 'avc', fps: 0, gopMs: 0 }),
    }),
  ]);
  expect(processes[0]?.kinds).toEqual([
    { protocol: 'rtmp', role: 'publish', count: 1 },
    { protocol: 'rtmp', role: 'play', count: 1 },
  ]);
});

test('frame rate and GOP length are those of the last whole GOP', async () => {
  const { stats, publishing } = open();
  const publisher = await publishing();
  const gop = (from: number) => [
    say.video(flv.keyframe('k'), from),
    ...Array.from({ length: 49 }, (_, i) => say.video(flv.frame('f'), from + (i + 1) * 40)),
  ];
  publisher.say(...gop(0), ...gop(2000), say.video(flv.keyframe('k'), 4000));
  await settled();
  expect((await stats.collectStats({})).streams[0]?.video).toMatchObject({ fps: 25, gopMs: 2000 });
});

test('clients are filtered and counted; those before the page are listed too, for who puts pages together', async () => {
  const { stats, publishing, playing } = open();
  await publishing();
  for (let viewers = 0; viewers < 3; viewers++) await playing();
  const roles = async (clients: object) => {
    const { clients: listed, matching } = await stats.collectStats({
      clients: { start: 0, count: 10, ...clients },
    });
    return { roles: listed.map(({ role }) => role), matching };
  };
  expect(await roles({})).toEqual({ roles: ['publish', 'play', 'play', 'play'], matching: 4 });
  expect(await roles({ role: 'play', count: 2 })).toEqual({ roles: ['play', 'play'], matching: 3 });
  expect(await roles({ role: 'play', start: 2, count: 1 })).toMatchObject({ matching: 3 });
  expect(await roles({ stream: streamId(KEY) })).toMatchObject({ matching: 4 });
  expect(await roles({ stream: streamId({ ...KEY, stream: 'other' }) })).toMatchObject({ matching: 0 });
  expect(await roles({ ip: '192.0.2.1' })).toMatchObject({ matching: 4 });
  expect(await roles({ vhost: 'other' })).toMatchObject({ matching: 0 });
  expect(await roles({ protocol: 'hls' })).toMatchObject({ matching: 0 });
});

test('what has gone is still in the totals', async () => {
  const { stats, publishing } = open();
  const publisher = await publishing();
  publisher.say(...PICTURE);
  await settled();
  const before = (await stats.collectStats({})).processes[0]?.totals;
  expect(before?.recvBytes).toBeGreaterThan(0);
  expect(await stats.kick({ role: 'publish' })).toBe(1);
  await settled();
  const after = (await stats.collectStats({})).processes[0]?.totals;
  expect(after?.clients).toBe(1);
  expect(after?.recvBytes).toBeGreaterThanOrEqual(before?.recvBytes ?? 0);
});

test('who is kicked is told why, and only who is meant goes', async () => {
  const { stats, publishing, playing } = open();
  const publisher = await publishing();
  await playing();
  const { clients } = await stats.collectStats({ clients: { start: 0, count: 10, role: 'publish' } });
  expect(await stats.kick({ id: clients[0]?.client.id })).toBe(1);
  await publisher.hear('onStatus@0 NetConnection.Connect.Closed');
  await settled();
  expect((await stats.collectStats(all)).matching).toBe(1);
  expect(await stats.kick({ id: 'nobody00' })).toBe(0);
});

test('packets are noted once somebody asks, until nobody has for a while', async () => {
  const { stats, publishing, seconds } = open();
  const publisher = await publishing();
  publisher.say(...PICTURE);
  await settled();
  const ask = async (after: number) =>
    (await stats.collectStats({ frames: { stream: streamId(KEY), after } })).frames;
  const first = await ask(0);
  // What a joiner gets first, decoder configurations, is as old as the stream.
  expect(first?.marks).toEqual([]);
  publisher.say(say.video(flv.avcConfig(), 40), say.audio(flv.aacConfig(), 40));
  publisher.say(say.video(flv.frame('f'), 80), say.audio(flv.aac('s'), 90));
  await settled();
  const second = await ask(first?.last ?? 0);
  expect(second?.marks).toEqual([
    { t: 80, kind: 'video', bytes: expect.any(Number), keyframe: false },
    { t: 90, kind: 'audio', bytes: expect.any(Number), keyframe: false },
  ]);
  expect((await ask(second?.last ?? 0))?.marks).toEqual([]);
  expect((await stats.collectStats({ frames: { stream: 'vid-none', after: 0 } })).frames).toBeUndefined();
  await seconds(FRAME_WATCH_TIMEOUT_MS / 1000, () => publisher.say(say.video(flv.frame('f'), 120)));
  // Those who come then begin anew, not with what nobody noted.
  expect((await ask(0))?.marks).toEqual([]);
});

test('of very many packets the newest are kept', async () => {
  const { stats, publishing } = open();
  const publisher = await publishing();
  const ask = async () => (await stats.collectStats({ frames: { stream: streamId(KEY), after: 0 } })).frames;
  await ask();
  const count = 2 * MAX_FRAME_MARKS + 10;
  for (let i = 0; i < count; i++) publisher.say(say.audio(flv.aac('s'), i));
  // So many are not read in one turn.
  const frames = await until('the last packet', async () => {
    await settled();
    const seen = await ask();
    return seen?.last === count && seen;
  });
  expect(frames.marks).toHaveLength(MAX_FRAME_MARKS);
  expect(frames.marks.at(-1)?.t).toBe(count - 1);
});
