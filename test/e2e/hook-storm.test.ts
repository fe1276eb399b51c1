import { describe, expect, test } from 'vitest';
import { fingerprints } from '../support/flv-file.ts';
import { startGatecast } from '../support/gatecast.ts';
import { startBackends } from '../support/hook-backends.ts';
import { picture } from '../support/picture.ts';
import { connectTo, startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { until } from '../support/until.ts';

/** A server that asks a backend about players, and that backend. */
async function askingAboutPlayers(directives: string) {
  const backends = stopped(await startBackends('one'));
  const conf = `vhost __defaultVhost__ { http_hooks { enabled on; ${directives} on_play ${backends.at['one']}; } }`;
  const server = stopped(await startGatecast(conf));
  const at = { port: server.port };
  /** So many clients whose wish to play is on its way. */
  const players = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const session = await connectTo(at);
        stopped({ stop: () => session.close() });
        const answer = session
          .play('cam', () => undefined)
          .then(
            () => 'in',
            () => 'refused',
          );
        return { answer };
      }),
    );
  return { backends, server, at, players };
}

describe('a backend that hangs', () => {
  test('keeps no packet from those who play, while 200 wait to be let in', async () => {
    const { backends, at, players } = await askingAboutPlayers('timeout 60000; breaker_failures 0;');
    const publisher = stopped(await startPublishing('cam', at));
    const player = stopped(await startPlaying('cam', at));
    const sent = picture.stream(200);
    const half = sent.length / 2;
    publisher.send(...sent.slice(0, half));
    await player.hasMedia(half);

    backends.reply('one', 'on_play', 'hang');
    await players(200);
    await backends.received(1 + 64, 'on_play');
    publisher.send(...sent.slice(half));

    expect(fingerprints(await player.hasMedia(sent.length))).toEqual(fingerprints(sent));
  });

  test('is left alone after its time-outs, and asked again when it is well', async () => {
    const { backends, server, players } = await askingAboutPlayers(
      'timeout 300; breaker_failures 5; breaker_open 1000;',
    );
    backends.reply('one', 'on_play', 'hang');
    const first = await players(5);
    expect(await Promise.all(first.map(({ answer }) => answer))).not.toContain('in');
    await server.logged('backend failing, breaker open', { failures: 5 });
    backends.reply('one', 'on_play', '0');
    await until('a player that is let in', async () => {
      const [player] = await players(1);
      return (await player?.answer) === 'in';
    });
    await server.logged('backend recovered');
  });
});

describe('a backend that is deployed anew', () => {
  test('refuses nobody: those who come while it is away wait, and are let in when it is back', async () => {
    const { backends, players, server } = await askingAboutPlayers('timeout 60000; max_connections 8;');
    const [before] = await players(1);
    expect(await before?.answer).toBe('in');
    await backends.kill('one');
    const waiting = await players(100);
    await server.logged('backend unreachable');
    await backends.restart('one');
    const answers = await Promise.all(waiting.map(({ answer }) => answer));
    expect(new Set(answers)).toEqual(new Set(['in']));
    expect(backends.connections('one')).toBeLessThanOrEqual(8);
    expect(server.log.filter(({ msg }) => msg === 'gate refused')).toEqual([]);
  });
});

describe('a hundred players with the same question', () => {
  test('are one request with cache, and a hundred without, on no more sockets than max_connections', async () => {
    const cached = await askingAboutPlayers('cache 600; cache_key vhost app stream param;');
    const asking = await askingAboutPlayers('max_connections 4;');
    for (const { players, backends, posts } of [
      { ...cached, posts: 1 },
      { ...asking, posts: 100 },
    ]) {
      const all = await players(100);
      expect(new Set(await Promise.all(all.map(({ answer }) => answer)))).toEqual(new Set(['in']));
      expect(backends.posts).toHaveLength(posts);
    }
    expect(asking.backends.connections('one')).toBe(4);
  });
});
