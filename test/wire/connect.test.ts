import { describe, expect, test } from 'vitest';
import { ALLOWED } from '../../src/model/authorization.ts';
import { FakeGate, refused } from '../support/fake-gate.ts';
import { openServer, settled } from '../support/memory-server.ts';
import { NO_HOOKS, SRS5, vhost } from '../support/options.ts';
import { call, commandPayload, say } from '../support/say.ts';
import { amf, cat, message } from '../support/wire.ts';
import { readAmf } from '../support/wire-reader.ts';

describe('connect', () => {
  test('is answered with windows, the chunk size and a _result, in this order', async () => {
    const { enter } = openServer({ vhosts: [vhost({ chunkSize: 4096, outAckSize: 123_456 })] });
    const { peer } = enter();
    peer.shakeHands().say(say.connect());
    await peer.hear('_result 1');
    expect(peer.heard).toEqual([
      'window 123456',
      'bandwidth 123456',
      'chunk size 4096',
      '_result 1 NetConnection.Connect.Success',
    ]);
    const result = await peer.hear('_result 1');
    expect([result.csid, result.streamId]).toEqual([3, 0]);
    expect(await peer.info('_result 1')).toMatchObject({ level: 'status', objectEncoding: 0 });
  });

  test.each(['srs1', 'nginx'] as const)(
    'asks on_connect first under the %s schema, and says nothing before the answer',
    async (schema) => {
      const vhosts = [vhost({ hooks: { ...NO_HOOKS, schema } })];
      const { enter, gate } = openServer({ vhosts, gate: new FakeGate().keepsWaiting('on_connect') });
      const { peer } = enter();
      const more = { flashVer: amf.string('FMLE/3.0'), swfUrl: amf.string('http://s/') };
      peer
        .shakeHands()
        .say(say.connect({ tcUrl: 'rtmp://10.0.0.1/live?token=t', pageUrl: 'http://p/', more }));
      const question = await gate.question();
      expect(question.event).toMatchObject({
        action: 'on_connect',
        vhost: '__defaultVhost__',
        app: 'live',
        stream: '',
        param: '?token=t',
        tcUrl: 'rtmp://10.0.0.1/live?token=t',
        pageUrl: 'http://p/',
        flashVer: 'FMLE/3.0',
        swfUrl: 'http://s/',
      });
      await settled();
      expect(peer.heard).toEqual([]);
      question.answer(ALLOWED);
      await peer.hear('_result 1 NetConnection.Connect.Success');
    },
  );

  test.each([
    ['publish', say.publish('cam?token=t')],
    ['play', say.play('cam?token=t')],
  ])('asks on_connect only at %s under the srs5 schema, with stream and param', async (_what, words) => {
    const { connected, gate } = openServer({ vhosts: [vhost({ hooks: SRS5 })] });
    const peer = await connected();
    expect(gate.log).toEqual([]);
    peer.say(words);
    await peer.hear('onStatus@1');
    expect(gate.asked[0]).toMatchObject({ action: 'on_connect', stream: 'cam', param: '?token=t' });
    expect(gate.asked).toHaveLength(2);
  });

  test('that is refused gets an _error with the gate\u2019s message, and the end', async () => {
    const { enter } = openServer({ gate: new FakeGate().answers('on_connect', refused('Ask at the desk.')) });
    const { peer } = enter();
    peer.shakeHands().say(say.connect());
    await peer.ended;
    expect(peer.heard).toEqual(['_error 1 NetConnection.Connect.Rejected']);
    expect(await peer.info('_error 1')).toEqual({
      level: 'error',
      code: 'NetConnection.Connect.Rejected',
      description: 'Ask at the desk.',
    });
  });

  test('to a vhost that is not there is rejected without asking anybody', async () => {
    const { enter, gate } = openServer({ strictVhost: true });
    const { peer } = enter();
    peer.shakeHands().say(say.connect({ tcUrl: 'rtmp://127.0.0.1/live?vhost=nowhere.example' }));
    await peer.ended;
    expect((await peer.info('_error 1'))?.['description']).toContain('nowhere.example is not configured');
    expect(gate.log).toEqual([]);
  });

  test('from a host that is no vhost waits for the name, which may be one, and refuses it if it is none', async () => {
    const { enter, gate } = openServer({ strictVhost: true });
    const { peer } = enter();
    peer.shakeHands().say(say.connect({ tcUrl: 'rtmp://nowhere.example/live' }));
    await peer.hear('_result 1 NetConnection.Connect.Success');
    peer.say(say.createStream(), say.publish('cam'));
    await peer.ended;
    const refusal = await peer.info('onStatus@1 NetStream.Publish.Denied');
    expect(refusal?.['description']).toContain('nowhere.example is not configured');
    expect(gate.log).toEqual([]);
  });

  test('twice is the end of the connection', async () => {
    const { connected } = openServer();
    const peer = await connected();
    peer.say(say.connect());
    await peer.ended;
    expect(peer.heard.filter((line) => line.startsWith('_result 1'))).toHaveLength(1);
  });

  test.each(['createStream', 'publish', 'play', 'nonsense'])('has to come before %s', async (name) => {
    const { enter, gate, log } = openServer();
    const { peer } = enter();
    peer.shakeHands().say(call(0, name, 1, null));
    await peer.ended;
    expect(peer.heard).toEqual([]);
    expect(gate.log).toEqual([]);
    expect(log.lines.at(-1)?.fields).toMatchObject({ reason: 'protocol_error' });
  });

  test('may carry nothing that makes sense', async () => {
    const { enter, gate } = openServer();
    const { peer } = enter();
    peer.shakeHands().say(call(0, 'connect', 1, null));
    await peer.hear('_result 1 NetConnection.Connect.Success');
    expect(gate.asked[0]).toMatchObject({ app: '__defaultApp__', tcUrl: '', pageUrl: '' });
  });

  test('may come as an AMF3 command, and so may all that follows', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    const amf3 = (streamId: number, payload: Buffer) =>
      message({ csid: 3, type: 17, streamId, payload: cat([0], payload) });
    const object = amf.object({ app: amf.string('live'), tcUrl: amf.string('rtmp://10.0.0.1/live') });
    peer
      .shakeHands()
      .say(
        amf3(0, commandPayload('connect', 1, object)),
        amf3(0, commandPayload('createStream', 2, null)),
        amf3(1, commandPayload('publish', 3, null, 'cam', 'live')),
      );
    await peer.hear('onStatus@1 NetStream.Publish.Start');
    expect((await peer.hear('_result 1')).type).toBe(20);
  });
});

describe('Enhanced RTMP', () => {
  test('is announced to a client that announces it, with its own codecs', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    const fourCcList = amf.strictArray(amf.string('hvc1'), amf.string('av01'), amf.number(7));
    peer.shakeHands().say(say.connect({ more: { fourCcList, capsEx: amf.number(1) } }));
    const { payload } = await peer.hear('_result 1');
    const [, , properties, info] = readAmf(payload);
    const capabilities = { fourCcList: ['hvc1', 'av01'], capsEx: 14, videoFourCcInfoMap: { '*': 4 } };
    expect(properties).toMatchObject(capabilities);
    expect(info).toMatchObject({ ...capabilities, audioFourCcInfoMap: { '*': 4 } });
  });

  test('is announced in full to a client that has capsEx and no list', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    peer.shakeHands().say(say.connect({ more: { capsEx: amf.number(1) } }));
    expect(await peer.info('_result 1')).toMatchObject({ fourCcList: ['*'] });
  });

  test('is not mentioned to others', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    peer.shakeHands().say(say.connect());
    expect(await peer.info('_result 1')).not.toHaveProperty('fourCcList');
  });
});

describe('small commands', () => {
  test('createStream counts up from 1, reuses what was deleted and ends at 8', async () => {
    const { connected } = openServer();
    const peer = await connected();
    const ids = async (transaction: number) => {
      peer.say(say.createStream(transaction));
      return readAmf((await peer.hear(`_result ${transaction}`)).payload)[3];
    };
    for (let id = 2; id <= 8; id++) expect(await ids(10 + id)).toBe(id);
    peer.say(say.createStream(30));
    expect(await peer.info('_error 30')).toMatchObject({ code: 'NetStream.Failed' });
    peer.say(say.deleteStream(5));
    expect(await ids(31)).toBe(5);
  });

  test.each(['releaseStream', 'FCPublish', '_checkbw', 'FCSubscribe'])(
    '%s is answered if it asks',
    async (name) => {
      const { connected } = openServer();
      const peer = await connected();
      peer.say(call(0, name, 0, null, 'cam'), call(0, name, 9, null, 'cam'));
      await peer.hear('_result 9');
      expect(peer.heard.filter((line) => line.startsWith('_result'))).toEqual([
        '_result 1 NetConnection.Connect.Success',
        '_result 2',
        '_result 9',
      ]);
    },
  );

  test('an unknown method is an _error, unless it wants no answer or is one', async () => {
    const { connected } = openServer();
    const peer = await connected();
    peer.say(call(0, 'onBWDone', 0, null), call(0, '_result', 5, null), call(0, '_error', 6, null));
    peer.say(call(0, 'fly', 7, null));
    expect(await peer.info('_error 7')).toEqual({
      level: 'error',
      code: 'NetConnection.Call.Failed',
      description: 'There is no method "fly".',
    });
    expect(peer.heard.filter((line) => line.startsWith('_error'))).toHaveLength(1);
  });

  test('a live stream has length 0 and cannot be searched', async () => {
    const { playing } = openServer();
    const peer = await playing();
    peer.say(call(0, 'getStreamLength', 8, null, 'cam'), call(1, 'seek', 0, null, 5000));
    expect(readAmf((await peer.hear('_result 8')).payload)[3]).toBe(0);
    expect(await peer.info('onStatus@1 NetStream.Seek.Failed')).toMatchObject({ level: 'error' });
  });

  test('a ping is answered with its own time', async () => {
    const { connected } = openServer();
    const peer = await connected();
    peer.say(say.ping(123_456));
    await peer.hear('control 7 123456');
  });

  test('control messages and types that mean nothing to us do no harm', async () => {
    const { connected } = openServer();
    const peer = await connected();
    const control = (type: number, payload: Buffer) => message({ csid: 2, type, streamId: 0, payload });
    peer.say(control(3, Buffer.alloc(4)), control(6, Buffer.alloc(5)), control(19, Buffer.from('so')));
    peer.say(control(99, Buffer.alloc(0)), control(4, Buffer.of(0, 26, 1)), say.ping(1));
    await peer.hear('control 7 1');
  });
});

describe('acknowledgements', () => {
  const acks = (peer: { messages: readonly { type: number; payload: Buffer }[] }) =>
    peer.messages.filter(({ type }) => type === 3).map(({ payload }) => payload.readUInt32BE(0));

  test('follow the window that the client announces', async () => {
    const { publishing } = openServer();
    const peer = await publishing();
    peer.say(say.windowAckSize(10_000));
    await settled();
    const before = acks(peer).length;
    for (let i = 0; i < 10; i++) {
      peer.say(say.audio(Buffer.alloc(2500, 0xaf)));
      await settled();
    }
    const [first = 0, second = 0] = acks(peer).slice(before);
    expect(acks(peer).length - before).toBe(2);
    expect(second - first).toBeGreaterThanOrEqual(10_000);
    expect(second - first).toBeLessThan(15_000);
  });

  test('follow in_ack_size where the vhost has one', async () => {
    const { publishing } = openServer({ vhosts: [vhost({ inAckSize: 5000 })] });
    const peer = await publishing();
    peer.say(say.windowAckSize(1_000_000), say.audio(Buffer.alloc(6000, 0xaf)));
    await settled();
    const last = acks(peer).at(-1) ?? 0;
    expect(last).toBeGreaterThan(3073 + 6000);
  });

  test('are sent at once for what has no other answer until the dialogue is set up, and do not answer each other', async () => {
    const { enter } = openServer();
    const { peer } = enter();
    peer.shakeHands();
    await settled();
    expect(acks(peer)).toEqual([]);
    peer.say(message({ csid: 2, type: 3, streamId: 0, payload: Buffer.alloc(4) }));
    await settled();
    expect(acks(peer)).toEqual([]);
    peer.say(say.connect().subarray(0, 20));
    await settled();
    expect(acks(peer)).toEqual([3073 + 16 + 20]);
  });
});
