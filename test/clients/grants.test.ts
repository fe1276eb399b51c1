import { describe, expect, test } from 'vitest';
import { MAX_BURST_MS } from '../../src/clients/grant-limits.ts';
import type { Grant, Verdict } from '../../src/model/authorization.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, PICTURE, PICTURE_HEARD, settled } from '../support/memory-server.ts';
import { NO_HOOKS, SRS5, vhost } from '../support/options.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { call, flv, say } from '../support/say.ts';

const yes = (grant: Grant): Verdict => ({ allowed: true, grant });
const moved = (redirect: string): Verdict => ({ allowed: false, message: 'not here', redirect });

/** The sentence with which the server closed. */
const lastWords = async (peer: RawPeer) => {
  await peer.ended;
  return (await peer.info('onStatus@0 NetConnection.Connect.Closed'))?.['description'];
};

describe('a stream that the backend renames', () => {
  test('is published and played under its new name', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    const publisher = await server.publishing('secret');
    publisher.say(...PICTURE);
    const player = await server.playing('alice');
    await player.hear('video@1 40 f1');
    expect(player.media).toEqual(PICTURE_HEARD);
    const stranger = await server.playing('secret');
    await settled();
    expect(stranger.media).toEqual([]);
  });

  test('has that name in all that is told later, and its key is in no log line and no status', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    const publisher = await server.publishing('secret?user=1');
    const rival = await server.connected();
    rival.say(say.publish('secret'));
    await rival.hear('onStatus@1 NetStream.Publish.BadName');
    await rival.ended;
    publisher.say(say.deleteStream());
    await publisher.hear('onStatus@1 NetStream.Unpublish.Success');
    expect(server.gate.told).toMatchObject([
      { action: 'on_close' },
      { action: 'on_unpublish', stream: 'alice', param: '?user=1', reason: 'client' },
    ]);
    expect(JSON.stringify(server.log.lines)).not.toContain('secret');
    expect(JSON.stringify(server.log.lines)).toContain('alice');
    for (const { messages } of [publisher, rival]) {
      expect(messages.map(({ payload }) => payload.toString('latin1')).join()).not.toContain('secret');
    }
  });

  test('is a source for recorders under its new name, with who publishes it and what was granted', async () => {
    const server = openServer({
      gate: new FakeGate().answers('on_publish', yes({ stream: 'alice', maxViewers: 2 })),
    });
    await server.publishing('secret?user=1');
    expect(server.hub.sources()).toMatchObject([
      {
        key: { vhost: vhost().name, app: 'live', stream: 'alice' },
        facts: { stream: 'alice', param: '?user=1', client: { ip: '192.0.2.1' }, opening: 2 },
        grant: { stream: 'alice', maxViewers: 2 },
        vhost: vhost(),
      },
    ]);
  });

  test('keeps the number by which its closing is found', async () => {
    const { gate, publishing } = openServer({
      gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })),
    });
    const publisher = await publishing('secret');
    publisher.stream.end();
    await settled();
    const asked = gate.asked.map(({ action, opening }) => [action, opening]);
    expect(asked).toEqual([
      ['on_connect', 1],
      ['on_publish', 2],
    ]);
    expect(gate.told.map(({ action, opening }) => [action, opening])).toEqual([
      ['on_unpublish', 2],
      ['on_close', 1],
    ]);
  });

  test('is ended by FCUnpublish of the name that the client knows', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    const publisher = await server.publishing('secret');
    publisher.say(call(0, 'FCUnpublish', 5, null, 'secret'));
    await publisher.hear('onStatus@1 NetStream.Unpublish.Success');
    expect(server.hub.streams).toBe(0);
  });

  test('is refused to who has the same key, before the backend is asked', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    await server.publishing('secret');
    const second = await server.connected();
    second.say(say.publish('secret'));
    await second.hear('onStatus@1 NetStream.Publish.BadName');
    expect(server.gate.asked.filter(({ action }) => action === 'on_publish')).toHaveLength(1);
  });

  test('is refused to another key for the same name, whose yes is taken back', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    await server.publishing('one');
    const second = await server.connected();
    second.say(say.publish('two'));
    await second.hear('onStatus@1 NetStream.Publish.BadName');
    await second.ended;
    await settled();
    expect(server.gate.log.slice(-3)).toEqual([
      'ask on_publish two',
      'tell on_unpublish two refused',
      'tell on_close live refused',
    ]);
    const player = await server.playing('alice');
    expect(player.isOver).toBe(false);
    expect(server.hub.isOnAir({ vhost: '__defaultVhost__', app: 'live', stream: 'alice' })).toBe(true);
  });

  test('keeps nobody with another key waiting', async () => {
    const gate = new FakeGate().keepsWaiting('on_publish');
    const server = openServer({ gate });
    const [first, second] = [await server.connected(), await server.connected()];
    first.say(say.publish('one'));
    second.say(say.publish('two'));
    const [one, two] = [await gate.question(), await gate.question()];
    two.answer(yes({ stream: 'bob' }));
    one.answer(yes({ stream: 'alice' }));
    await first.hear('onStatus@1 NetStream.Publish.Start');
    await second.hear('onStatus@1 NetStream.Publish.Start');
  });

  test('frees both names in the end', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ stream: 'alice' })) });
    for (let turn = 0; turn < 3; turn++) {
      const publisher = await server.publishing('secret');
      publisher.breakOff();
      await settled();
    }
    expect(server.hub.streams).toBe(0);
  });

  test('may be played under another name than the one that was asked for', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_play', yes({ stream: 'alice' })) });
    const publisher = await server.publishing('alice');
    publisher.say(...PICTURE);
    const player = await server.playing('ticket');
    await player.hear('video@1 40 f1');
    player.stream.end();
    await settled();
    expect(server.gate.log).toContain('tell on_stop alice client');
    expect(JSON.stringify(server.log.lines)).not.toContain('ticket');
  });

  test.each(['a/b', '..', '', 'a?token=1', 'a,vhost=v', 'a b', 'x'.repeat(5000)])(
    'cannot be called %j',
    async (stream) => {
      for (const [action, words, status] of [
        ['on_publish', say.publish('cam'), 'onStatus@1 NetStream.Publish.Denied'],
        ['on_play', say.play('cam'), 'onStatus@1 NetStream.Play.Failed'],
      ] as const) {
        const server = openServer({ gate: new FakeGate().answers(action, yes({ stream })) });
        const peer = await server.connected();
        peer.say(words);
        expect((await peer.info(status))?.['description']).toBe(
          'the backend gave the stream an invalid name',
        );
        await peer.ended;
        await settled();
        const ends = action === 'on_publish' ? 'on_unpublish' : 'on_stop';
        expect(server.gate.log.slice(-2)).toEqual([`tell ${ends} cam refused`, 'tell on_close live refused']);
        expect(server.hub.streams).toBe(0);
      }
    },
  );
});

describe('a client that is welcome elsewhere', () => {
  const elsewhere = 'rtmp://other.example/live/cam';
  const told = { ex: { code: 302, redirect: elsewhere }, description: `not here: go to ${elsewhere}` };

  test('is told so in the refusal of its connect', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_connect', moved(elsewhere)) });
    const { peer } = server.enter();
    peer.shakeHands().say(say.connect());
    expect(await peer.info('_error 1 NetConnection.Connect.Rejected')).toMatchObject(told);
    await peer.ended;
  });

  test.each([
    ['on_publish', say.publish('cam'), 'onStatus@1 NetStream.Publish.Denied'],
    ['on_play', say.play('cam'), 'onStatus@1 NetStream.Play.Failed'],
    ['on_connect', say.publish('cam'), 'onStatus@1 NetStream.Publish.Denied'],
  ] as const)('is told so in the refusal by %s', async (action, words, status) => {
    const server = openServer({
      gate: new FakeGate().answers(action, moved(elsewhere)),
      vhosts: [vhost({ hooks: SRS5 })],
    });
    const peer = await server.connected();
    peer.say(words);
    expect(await peer.info(status)).toMatchObject(told);
    await peer.ended;
  });
});

describe('max_duration', () => {
  test.each(['publishing', 'playing'] as const)('ends a client that is %s', async (doing) => {
    const action = doing === 'publishing' ? 'on_publish' : 'on_play';
    const server = openServer({ gate: new FakeGate().answers(action, yes({ maxDurationMs: 3000 })) });
    const peer = await server[doing]();
    await server.seconds(2, () => peer.say(say.audio(flv.aac('a'))));
    expect(peer.isOver).toBe(false);
    await server.seconds(2, () => peer.say(say.audio(flv.aac('a'))));
    expect(await lastWords(peer)).toBe('The 3 granted seconds are over.');
    expect(server.gate.told).toMatchObject([
      { reason: 'limit', durationMs: 3000 },
      { action: 'on_close', reason: 'limit' },
    ]);
  });

  test('of a connection ends it, whatever it does', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_connect', yes({ maxDurationMs: 2000 })) });
    const peer = await server.connected();
    await server.seconds(3);
    expect(await lastWords(peer)).toContain('granted connection time');
    expect(server.gate.log.at(-1)).toBe('tell on_close live limit');
  });
});

describe('max_bitrate', () => {
  const grant = { maxBitrate: 80_000 };
  /** A message of about a second at the granted rate. */
  const second = say.audio(flv.aac('x'.repeat(9_900)));

  test('lets a publisher send at that rate for ever, and a burst at once', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes(grant)) });
    const publisher = await server.publishing();
    publisher.say(...Array.from({ length: MAX_BURST_MS / 1000 }, () => second));
    await server.seconds(30, () => publisher.say(second));
    expect(publisher.isOver).toBe(false);
  });

  test('is about what was sent while the process was paused too, though all of that is read at once', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes(grant)) });
    const publisher = await server.publishing();
    await server.seconds(3, () => publisher.say(second));
    server.clock.pause(20_000);
    await server.seconds(1, () => publisher.say(second));
    publisher.say(...Array.from({ length: 20 }, () => second));
    await server.seconds(10, () => publisher.say(second));
    expect(publisher.isOver).toBe(false);
    await server.seconds(8, () => publisher.say(second, second));
    expect(publisher.isOver).toBe(true);
  });

  test('ends a publisher that sends more, and says how much it was', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes(grant)) });
    const publisher = await server.publishing();
    await server.seconds(8, () => publisher.say(second, second));
    expect(await lastWords(publisher)).toMatch(
      /^The publisher sent 16\d kbit\/s over [56] s; 80 kbit\/s are granted\.$/,
    );
    expect(server.gate.told[0]).toMatchObject({ action: 'on_unpublish', reason: 'limit' });
  });
});

describe('max_viewers', () => {
  test('of a publish bounds its players, and those who leave make room', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ maxViewers: 2 })) });
    await server.publishing();
    const first = await server.playing();
    await server.playing();
    const third = await server.connected();
    third.say(say.play('cam'));
    expect((await third.info('onStatus@1 NetStream.Play.Failed'))?.['description']).toBe(
      'the stream has reached its limit of 2 viewers',
    );
    expect(server.gate.log.filter((line) => line === 'ask on_play cam')).toHaveLength(2);
    first.stream.end();
    await settled();
    await server.playing();
  });

  test('counts who has paused, and is over when the publisher leaves', async () => {
    const server = openServer({ gate: new FakeGate().answers('on_publish', yes({ maxViewers: 1 })) });
    const publisher = await server.publishing();
    const player = await server.playing();
    player.say(call(1, 'pause', 0, null, true, 0));
    await player.hear('onStatus@1 NetStream.Pause.Notify');
    const second = await server.connected();
    second.say(say.play('cam'));
    await second.hear('onStatus@1 NetStream.Play.Failed');
    publisher.stream.end();
    await settled();
    await server.playing();
  });

  test('of a play refuses it where there are as many; two who are asked at once do not both get in', async () => {
    const gate = new FakeGate().keepsWaiting('on_play');
    const server = openServer({ gate });
    const [one, two] = [await server.connected(), await server.connected()];
    one.say(say.play('cam'));
    two.say(say.play('cam'));
    const questions = [await gate.question(), await gate.question()];
    for (const question of questions) question.answer(yes({ maxViewers: 1 }));
    await one.hear('onStatus@1 NetStream.Play.Start');
    await two.hear('onStatus@1 NetStream.Play.Failed');
    await two.ended;
    await settled();
    expect(gate.log.slice(-2)).toEqual(['tell on_stop cam refused', 'tell on_close live refused']);
  });
});

describe('on_update', () => {
  const hooked = vhost({ hooks: { ...NO_HOOKS, updateMs: 10_000 } });
  const asking = () => new FakeGate().answers('on_update', { allowed: true });
  const updates = (gate: FakeGate) => gate.asked.filter(({ action }) => action === 'on_update');

  test('is asked at the interval of the vhost, with what the client does and has used', async () => {
    const server = openServer({ gate: asking(), vhosts: [hooked] });
    const publisher = await server.publishing();
    const player = await server.playing();
    publisher.say(...PICTURE);
    await player.hear('video@1 40 f1');
    await server.seconds(25, () => publisher.say(say.audio(flv.aac('a'))));
    const [first, second, third, fourth, ...more] = updates(server.gate);
    expect([first, second]).toMatchObject([
      { role: 'publish', stream: 'cam', opening: 2, counters: { durationMs: 10_000 } },
      { role: 'play', stream: 'cam', opening: 2, counters: { durationMs: 10_000 } },
    ]);
    expect([third, fourth]).toMatchObject([
      { role: 'publish', counters: { durationMs: 20_000 } },
      { role: 'play', counters: { durationMs: 20_000 } },
    ]);
    expect(more).toEqual([]);
    expect(third?.counters?.recvBytes).toBeGreaterThan(first?.counters?.recvBytes ?? 0);
    expect(fourth?.counters?.sendBytes).toBeGreaterThan(second?.counters?.sendBytes ?? 0);
  });

  test('is not asked where nobody would hear it, whatever an answer says', async () => {
    const gate = new FakeGate().answers('on_play', yes({ recheckMs: 1000 }));
    const server = openServer({ gate, vhosts: [hooked] });
    await server.playing();
    await server.seconds(30);
    expect(updates(gate)).toEqual([]);
  });

  test('is asked at the interval that an answer sets, and another answer changes it', async () => {
    const gate = asking().answers('on_play', yes({ recheckMs: 2000 }));
    const server = openServer({ gate, vhosts: [hooked] });
    await server.playing();
    await server.seconds(5);
    expect(updates(gate)).toHaveLength(2);
    gate.answers('on_update', yes({ recheckMs: 60_000 }));
    await server.seconds(60);
    expect(updates(gate)).toHaveLength(3);
  });

  test('ends the client that is not welcome any more, with the words of the backend', async () => {
    const server = openServer({ gate: asking(), vhosts: [hooked] });
    const player = await server.playing();
    server.gate.answers('on_update', refused('your ticket is over'));
    await server.seconds(11);
    expect(await lastWords(player)).toBe('your ticket is over');
    expect(server.gate.told).toMatchObject([
      { action: 'on_stop', reason: 'kicked', durationMs: 10_000 },
      { action: 'on_close', reason: 'kicked' },
    ]);
  });

  test('that nobody answers ends nobody', async () => {
    const server = openServer({ gate: asking(), vhosts: [hooked] });
    const player = await server.playing();
    server.gate.answers('on_update', { allowed: false, message: 'no answer', failed: true });
    await server.seconds(25);
    expect(player.isOver).toBe(false);
    expect(updates(server.gate)).toHaveLength(2);
  });

  test('that nobody answers ends the client where its own policy says deny', async () => {
    const { connectTimeoutMs, timeoutMs, retries, cacheMs, cacheKey } = NO_HOOKS;
    const deny = { connectTimeoutMs, timeoutMs, retries, cacheMs, cacheKey, onError: 'deny' } as const;
    const strict = vhost({ hooks: { ...hooked.hooks, policies: { on_update: deny } } });
    const server = openServer({ gate: asking(), vhosts: [strict] });
    const player = await server.playing();
    server.gate.answers('on_update', { allowed: false, message: 'no answer', failed: true });
    await server.seconds(11);
    expect(await lastWords(player)).toBe('no answer');
  });

  test('is one question at a time of a client, and the next one waits for its answer', async () => {
    const gate = new FakeGate().keepsWaiting('on_update');
    const server = openServer({ gate, vhosts: [hooked] });
    const peer = await server.playing('a');
    peer.say(say.createStream(7), say.play('b', 2));
    await peer.hear('onStatus@2 NetStream.Play.Start');
    await server.seconds(35);
    expect(updates(gate).map(({ stream }) => stream)).toEqual(['a']);
    (await gate.question()).answer({ allowed: true });
    await server.seconds(5);
    expect(updates(gate).map(({ stream }) => stream)).toEqual(['a', 'b']);
    (await gate.question()).answer({ allowed: true });
    await server.seconds(5);
    expect(updates(gate).map(({ stream }) => stream)).toEqual(['a', 'b', 'a']);
  });

  test('sets new limits', async () => {
    const server = openServer({ gate: asking(), vhosts: [hooked] });
    const player = await server.playing();
    server.gate.answers('on_update', yes({ maxDurationMs: 5000 }));
    await server.seconds(16);
    expect(await lastWords(player)).toBe('The 5 granted seconds are over.');
  });

  test('whose answer comes after the play means nothing to what the client does then', async () => {
    const gate = new FakeGate().keepsWaiting('on_update');
    const server = openServer({ gate, vhosts: [hooked] });
    const peer = await server.playing('a');
    await server.seconds(11);
    peer.say(say.closeStream(), say.play('b'));
    await peer.hear('onStatus@1 NetStream.Play.Start', 2);
    (await gate.question()).answer(refused('not a'));
    await settled();
    expect(peer.isOver).toBe(false);
    expect(gate.log.at(-1)).toBe('ask on_play b');
  });
});

describe('on_publish_busy', () => {
  const busy = (verdict: Verdict) => new FakeGate().answers('on_publish_busy', verdict);

  test('lets a newer publisher take the stream over, and its players stay', async () => {
    const server = openServer({ gate: busy(yes({ takeover: true })) });
    const old = await server.publishing();
    const player = await server.playing();
    old.say(...PICTURE);
    await player.hear('video@1 40 f1');
    const newer = await server.publishing('cam?token=new');
    expect(await lastWords(old)).toBe('A newer publisher took over the stream.');
    newer.say(...PICTURE);
    await player.hear('video@1', 6);
    expect(player.isOver).toBe(false);
    expect(server.gate.log.filter((line) => line.includes('publish') || line.includes('close'))).toEqual([
      'ask on_publish cam',
      'ask on_publish_busy cam',
      'tell on_unpublish cam kicked',
      'tell on_close live kicked',
      'ask on_publish cam',
    ]);
    expect(server.gate.asked.find(({ action }) => action === 'on_publish_busy')?.param).toBe('?token=new');
  });

  test('does so by the same key, whose name the backend keeps to itself', async () => {
    const gate = busy(yes({ takeover: true })).answers('on_publish', yes({ stream: 'alice' }));
    const server = openServer({ gate });
    const old = await server.publishing('secret');
    const player = await server.playing('alice');
    const newer = await server.publishing('secret');
    await old.ended;
    newer.say(...PICTURE);
    await player.hear('video@1 40 f1');
    expect(gate.log).toContain('tell on_unpublish alice kicked');
  });

  test.each([
    ['a plain yes', { allowed: true }],
    ['a no', refused('leave it alone')],
  ] as const)('refuses the newcomer by %s', async (_what, verdict) => {
    const server = openServer({ gate: busy(verdict) });
    const old = await server.publishing();
    const newer = await server.connected();
    newer.say(say.publish('cam'));
    await newer.hear('onStatus@1 NetStream.Publish.BadName');
    expect(old.isOver).toBe(false);
  });

  test('does nothing to a publisher that has not been let in yet', async () => {
    const gate = busy(yes({ takeover: true })).keepsWaiting('on_publish');
    const server = openServer({ gate });
    const old = await server.connected();
    old.say(say.publish('cam'));
    const question = await gate.question();
    const newer = await server.connected();
    newer.say(say.publish('cam'));
    await newer.hear('onStatus@1 NetStream.Publish.BadName');
    question.answer({ allowed: true });
    await old.hear('onStatus@1 NetStream.Publish.Start');
  });

  test('does nothing for a newcomer that has left meanwhile', async () => {
    const gate = new FakeGate().keepsWaiting('on_publish_busy').allowsTheLate({ takeover: true });
    const server = openServer({ gate });
    const old = await server.publishing();
    const newer = await server.connected();
    newer.say(say.publish('cam'));
    await gate.question();
    newer.breakOff();
    await settled();
    expect(old.isOver).toBe(false);
    expect(gate.log.at(-1)).toBe('tell on_close live client');
  });
});

describe('notices', () => {
  const curious = () => new FakeGate().hears('on_not_found');
  const noticed = (gate: FakeGate) => gate.noticed.map(({ action, stream }) => `${action} ${stream}`);

  test('on_not_found tells that a player waits, once for each play', async () => {
    const server = openServer({ gate: curious() });
    const player = await server.playing('nowhere');
    await server.seconds(5);
    expect(server.gate.noticed).toMatchObject([
      { action: 'on_not_found', app: 'live', stream: 'nowhere', tcUrl: 'rtmp://10.0.0.1/live', opening: 2 },
    ]);
    player.say(say.play('elsewhere'));
    await player.hear('onStatus@1 NetStream.Play.Start', 2);
    await settled();
    expect(noticed(server.gate)).toEqual(['on_not_found nowhere', 'on_not_found elsewhere']);
  });

  test('on_not_found is not told of a stream that is on air', async () => {
    const server = openServer({ gate: curious() });
    await server.publishing();
    await server.playing();
    await settled();
    expect(noticed(server.gate)).toEqual([]);
  });

  test('on_idle tells that the last player has left, each time that there was one', async () => {
    const { gate, publishing, playing } = openServer();
    await publishing();
    for (const players of [1, 2]) {
      const all = [await playing(), ...(players === 2 ? [await playing()] : [])];
      for (const player of all) {
        expect(noticed(gate)).toHaveLength(players - 1);
        player.stream.end();
        await settled();
      }
      expect(noticed(gate)).toHaveLength(players);
    }
    expect(gate.log.slice(-3)).toEqual([
      'tell on_stop cam client',
      'tell on_idle cam',
      'tell on_close live client',
    ]);
  });

  test('on_idle is told neither of a player that pauses or mutes, nor of a stream that nobody publishes', async () => {
    const { gate, publishing, playing } = openServer();
    await publishing();
    const player = await playing();
    player.say(call(1, 'receiveAudio', 0, null, false), call(1, 'pause', 0, null, true, 0));
    await player.hear('onStatus@1 NetStream.Pause.Notify');
    const waiting = await playing('nowhere');
    waiting.stream.end();
    await settled();
    expect(noticed(gate)).toEqual([]);
    player.stream.end();
    await settled();
    expect(noticed(gate)).toEqual(['on_idle cam']);
  });
});
