import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PlayerSlots } from '../../src/clients/player-slots.ts';
import { type Reservation, reserve } from '../../src/clients/reservation.ts';
import { MemoryRegistry } from '../../src/cluster/memory-registry.ts';
import { RelayServer, relayWords } from '../../src/cluster/relay-server.ts';
import { IDLE_MS, RETRY_MS, Relays } from '../../src/cluster/relays.ts';
import { resolveAddress } from '../../src/model/address.ts';
import type { PlayOptions } from '../../src/model/options.ts';
import type { RtmpMessage } from '../../src/protocol/rtmp/message.ts';
import { ClientSession } from '../../src/rtmp/client-session.ts';
import { readMedia } from '../../src/rtmp/read-media.ts';
import { Hub } from '../../src/streams/hub.ts';
import type { Subscription } from '../../src/streams/live-stream.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { keepingLog } from '../support/memory-server.ts';
import { PLAY, vhost } from '../support/options.ts';
import { pipe } from '../support/pipe.ts';
import { TextSink } from '../support/text-format.ts';
import { until } from '../support/until.ts';
import { following, opening } from '../support/workers.ts';

const VHOST = vhost();
const KEY = { vhost: VHOST.name, app: 'live', stream: 'cam' };
const TOKEN = 'only relays know';

/** Shows every byte of a packet. */
const bytesEncoder = {
  id: 'bytes',
  size: (packet: { payload: Buffer; timestamp: number; kind: string }) => line(packet).length,
  write: (target: Buffer, offset: number, packet: { payload: Buffer; timestamp: number; kind: string }) =>
    offset + target.write(line(packet), offset),
};
const line = ({ kind, timestamp, payload }: { payload: Buffer; timestamp: number; kind: string }) =>
  `${kind}-${payload.toString('hex')}@${timestamp}\n`;

/** Processes with hubs of their own and one registry. */
function open(play: Partial<PlayOptions> = {}) {
  const clock = new FakeClock('real');
  const all = new MemoryRegistry();
  const listeners = new Map<string, RelayServer>();
  /** Connections between processes, in the order in which they were made. */
  const lines: Duplex[] = [];
  const options = { ...PLAY, ...play };
  const vhosts = new Map([[VHOST.name, { ...VHOST, play: options }]]);

  const start = (node: string) => {
    const hub = new Hub(clock);
    const log = keepingLog();
    const registry = all.join({ node, address: node });
    const door = new RelayServer(hub, clock, log, TOKEN);
    door.applyVhosts(vhosts);
    listeners.set(node, door);
    const relays = new Relays({
      hub,
      clock,
      logger: log,
      registry,
      node,
      token: TOKEN,
      open({ address }) {
        const [ours, theirs] = pipe();
        lines.push(ours);
        listeners.get(address)?.enter(theirs);
        return ours;
      },
    });
    hub.observe({
      watched: (key, wanted) => relays.watched(key, wanted),
      unwatched: (key) => relays.unwatched(key),
      ended: (key, how) => door.ended(key, how),
    });
    onTestFinished(async () => {
      relays.close();
      await door.close();
      clock.advance(10_000);
    });
    const deps = { hub, claims: registry, slots: new PlayerSlots() };
    return {
      hub,
      door,
      log,
      async publish(): Promise<Reservation> {
        const reservation = await reserve(deps, KEY, options);
        if (!reservation) throw new Error('the stream has a publisher already');
        reservation.start();
        return reservation;
      },
      reserve: () => reserve(deps, KEY, options),
      play(): { sink: TextSink; place: Subscription; has(count: number): Promise<string[]> } {
        const sink = new TextSink(bytesEncoder);
        const place = hub.subscribe(KEY, sink, options);
        const has = (count: number) =>
          until(
            `${count} packets, there are ${sink.lines.length}`,
            () => sink.lines.length >= count && sink.lines,
          );
        return { sink, place, has };
      },
    };
  };
  return { clock, all, lines, start };
}

function write({ publication }: Reservation, messages: readonly RtmpMessage[]): void {
  for (const message of messages) readMedia(message, publication);
}

test('players of another process get the very packets, by one relay', async () => {
  const { start, lines } = open({ timeJitter: 'zero' });
  const [a, b] = [start('a'), start('b')];
  const reserved = await a.publish();
  const near = a.play();
  write(reserved, [...opening(1, 5000), ...following(1, 5040)]);
  const far = [b.play(), b.play()];
  for (const player of far) await player.has(43);
  write(reserved, following(1, 6000));
  for (const player of far) expect(await player.has(83)).toEqual(await near.has(83));
  expect(lines).toHaveLength(1);
  // The publisher is watched, whoever watches it from where: kickoff_for_idle must not come.
  expect(reserved.publication.players).toBe(2);
  const joiner = b.play();
  expect((await joiner.has(83)).slice(3)).toEqual(near.sink.lines.slice(3));
});

test('mw_latency is waited for once, where the stream is published', async () => {
  const { start, clock } = open({ mwLatency: 350 });
  const [a, b] = [start('a'), start('b')];
  const reserved = await a.publish();
  const player = b.play();
  write(reserved, opening(1));
  await player.has(3);
  write(reserved, following(1, 40));
  clock.advance(350);
  await player.has(43);
});

test('what a publisher sent last arrives, and later joiners are not shown what has ended', async () => {
  const { start } = open();
  const [a, b] = [start('a'), start('b')];
  const reserved = await a.publish();
  const player = b.play();
  write(reserved, opening(1));
  await player.has(3);
  write(reserved, following(1, 40));
  reserved.end();
  await player.has(43);
  await until('the end of the relay', () => b.log.lines.some(({ message }) => message === 'relay ended'));
  expect(b.play().sink.lines).toEqual([]);
});

test('a relay outlasts its last player for a while, then ends', async () => {
  const { start, clock, lines } = open();
  const [a, b] = [start('a'), start('b')];
  const reserved = await a.publish();
  write(reserved, opening(1));
  const first = b.play();
  await first.has(3);
  first.place.close();
  clock.advance(IDLE_MS - 1);
  const second = b.play();
  expect(second.sink.lines).toHaveLength(3);
  second.place.close();
  clock.advance(IDLE_MS);
  await until('nobody to watch', () => reserved.publication.players === 0);
  expect(lines).toHaveLength(1);
  expect(b.hub.streams).toBe(0);
  const third = b.play();
  await third.has(3);
  expect(lines).toHaveLength(2);
});

test('a relay that breaks is tried again while there are players', async () => {
  const { start, clock, lines } = open();
  const [a, b] = [start('a'), start('b')];
  const reserved = await a.publish();
  write(reserved, opening(1));
  const player = b.play();
  await player.has(3);
  lines[0]?.destroy();
  await until('the retry', () => clock.pending.some((ms) => ms === RETRY_MS));
  clock.advance(RETRY_MS);
  await player.has(6);
  expect(player.sink.names.slice(3)).toEqual(player.sink.names.slice(0, 3));
  expect(lines).toHaveLength(2);
});

describe('a publisher that moves', () => {
  test.each(['full', 'zero', 'off'] as const)(
    'to a third process, or to that of the player, keeps it (time_jitter %s)',
    async (timeJitter) => {
      const { start, lines } = open({ timeJitter });
      const [a, b, c] = [start('a'), start('b'), start('c')];
      const player = b.play();
      let count = 0;
      for (const process of [a, c, b, a]) {
        const reserved = await process.publish();
        write(reserved, [...opening(1), ...following(1, 40)]);
        count += 43;
        await player.has(count);
        reserved.end();
      }
      const { names } = player.sink;
      expect(names).toHaveLength(172);
      for (const turn of [1, 2, 3]) {
        expect(names.slice(43 * turn, 43 * (turn + 1))).toEqual(names.slice(0, 43));
      }
      expect(lines).toHaveLength(3);
    },
  );

  test('is refused elsewhere while it is on air, and that disturbs no relay', async () => {
    const { start, lines } = open();
    const [a, b] = [start('a'), start('b')];
    const reserved = await a.publish();
    const player = b.play();
    write(reserved, opening(1));
    await player.has(3);
    expect(await b.reserve()).toBeUndefined();
    player.place.close();
    expect(await b.reserve()).toBeUndefined();
    const next = b.play();
    write(reserved, following(1, 40));
    await next.has(43);
    expect(lines).toHaveLength(1);
  });
});

describe('a back door', () => {
  const connect = (door: RelayServer, token: string, clock: FakeClock) => {
    const [ours, theirs] = pipe();
    door.enter(theirs);
    const { stream, ...words } = relayWords(KEY, token);
    return { stream, session: ClientSession.connect(ours, { ...words, clock }) };
  };

  test('opens to nobody without the token', async () => {
    const { start, clock } = open();
    const a = start('a');
    await a.publish();
    await expect(connect(a.door, 'guessed', clock).session).rejects.toMatchObject({
      code: 'NetConnection.Connect.Rejected',
    });
  });

  test('takes no publisher, and gives nothing that is not on air here', async () => {
    const { start, clock } = open();
    const a = start('a');
    const { session, stream } = connect(a.door, TOKEN, clock);
    await expect((await session).publish(stream)).rejects.toMatchObject({ code: 'NetStream.Publish.Denied' });
    const player = connect(a.door, TOKEN, clock);
    await expect((await player.session).play(stream, () => undefined)).rejects.toMatchObject({
      code: 'NetStream.Play.Failed',
    });
  });

  test('gives the stream that is meant, and no other', async () => {
    const { start, clock } = open();
    const a = start('a');
    await a.publish();
    const { session } = connect(a.door, TOKEN, clock);
    await expect((await session).play('other', () => undefined)).rejects.toMatchObject({
      code: 'NetStream.Play.Failed',
    });
  });
});

test('what a relay says leads to the stream that it means, for every stream there can be', () => {
  const vhosts = new Map([VHOST, vhost({ name: 'other.example' })].map((item) => [item.name, item]));
  const text = fc.string({ unit: fc.constantFrom(...'abc/?#=&., vhost%é_'), maxLength: 30 });
  fc.assert(
    fc.property(text, text, fc.constantFrom(...vhosts.keys()), (app, streamName, name) => {
      const said = { tcUrl: `rtmp://${name}/${app}`, app, streamName };
      const first = resolveAddress(said, vhosts, false);
      if (!first.ok || first.address.stream === '') return;
      const { stream, ...words } = relayWords(first.address, TOKEN);
      const second = resolveAddress({ ...words, streamName: stream }, vhosts, true);
      const { vhost: ofVhost, app: ofApp, stream: ofStream } = first.address;
      expect(second).toMatchObject({ address: { vhost: ofVhost, app: ofApp, stream: ofStream } });
    }),
  );
});

describe('players of another process, when the publisher leaves', () => {
  const open2 = (play: Partial<PlayOptions> = {}) => {
    const all = open({ unpublishWaitMs: 5_000, publisherLostWaitMs: 60_000, ...play });
    return { ...all, a: all.start('a'), b: all.start('b') };
  };

  /** Lets a relay notice what has become of its other side. */
  const ended = (log: ReturnType<typeof keepingLog>) =>
    until('the end of the relay', () =>
      log.lines.some(({ message }) => /^relay (ended|failed)/.test(message)),
    );

  test.each([
    ['unpublished', 5_000],
    ['lost', 60_000],
  ] as const)('that is %s wait as long as those of its own process: %d ms', async (how, ms) => {
    const { clock, a, b } = open2();
    const reserved = await a.publish();
    const [near, far] = [a.play(), b.play()];
    write(reserved, opening(1));
    await Promise.all([near.has(3), far.has(3)]);
    reserved.end(how);
    await ended(b.log);
    clock.advance(ms - 1);
    expect([near.sink.ended, far.sink.ended]).toEqual([0, 0]);
    clock.advance(1);
    expect([near.sink.ended, far.sink.ended]).toEqual([1, 1]);
  });

  test('a relay that breaks is no publisher that has left: it is there again, and nobody is told anything', async () => {
    const { clock, a, b, lines } = open2();
    const reserved = await a.publish();
    const far = b.play();
    write(reserved, opening(1));
    await far.has(3);
    lines[0]?.destroy();
    await ended(b.log);
    clock.advance(RETRY_MS);
    await until('another relay', () => lines.length === 2);
    await until('its media', () => {
      write(reserved, following(1, 6000, 1));
      return far.sink.lines.length > 6;
    });
    clock.advance(1_000_000);
    expect(far.sink.ended).toBe(0);
  });
});
