import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openServer, PICTURE, PICTURE_HEARD, settled } from '../support/memory-server.ts';
import { call, flv, handshake, say, setDataFrame } from '../support/say.ts';
import { cat, pieces, setChunkSize } from '../support/wire.ts';

/** A whole client: it publishes, plays what it publishes, stops, and asks something at last. */
const DIALOGUE = cat(
  handshake,
  say.connect(),
  call(0, 'releaseStream', 2, null, 'cam'),
  call(0, 'FCPublish', 3, null, 'cam'),
  say.createStream(4),
  say.publish('cam?token=t'),
  say.data(setDataFrame(flv.metadata())),
  ...PICTURE,
  say.createStream(5),
  say.play('cam', 2),
  say.ping(77),
  say.video(cat(flv.frame('long'), Buffer.alloc(300)), 0x1000000),
  call(0, 'FCUnpublish', 6, null, 'cam'),
  say.deleteStream(1),
  say.closeStream(2),
  call(0, 'fly', 7, null),
);
/** The same needs to know no more of when things are read than this: what of the stream a joiner finds may differ. */
const ANSWERS = [
  'window 2500000',
  'bandwidth 2500000',
  'chunk size 60000',
  '_result 1 NetConnection.Connect.Success',
  '_result 2',
  '_result 3',
  '_result 4',
  'onFCPublish 0 NetStream.Publish.Start',
  'onStatus@1 NetStream.Publish.Start',
  '_result 5',
  'control 0 2',
  'onStatus@2 NetStream.Play.Reset',
  'onStatus@2 NetStream.Play.Start',
  'control 7 77',
  'onFCUnpublish 0 NetStream.Unpublish.Success',
  '_result 6',
  'onStatus@1 NetStream.Unpublish.Success',
  'onStatus@2 NetStream.Play.Stop',
  '_error 7 NetConnection.Call.Failed',
];

async function run(server: ReturnType<typeof openServer>, bytes: readonly Buffer[]) {
  const { peer } = server.enter();
  for (const piece of bytes) {
    peer.say(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await peer.hear('_error 7');
  const answers = peer.heard.filter((line) => !/^(?:video|audio|data)@/.test(line));
  const media = peer.media.map((line) => line.replace('@2', '@1')).filter((line) => !line.startsWith('data'));
  peer.stream.end();
  await settled();
  return { answers, media };
}

const MEDIA = [...PICTURE_HEARD, 'video@1 16777216 long'];

test('a client that says everything at once is answered in order', async () => {
  const server = openServer();
  const { answers, media } = await run(server, [DIALOGUE]);
  expect(answers).toEqual(ANSWERS);
  expect(media).toEqual(MEDIA);
  expect(server.hub.streams).toBe(0);
});

test('wherever its bytes are cut, a client hears the same', async () => {
  const server = openServer();
  const cut = fc.integer({ min: 1, max: DIALOGUE.length - 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { maxLength: 12 }), async (cuts) => {
      const { answers, media } = await run(server, pieces(DIALOGUE, cuts));
      expect(answers).toEqual(ANSWERS);
      expect(media).toEqual(MEDIA);
    }),
    { numRuns: 150 },
  );
  expect(server.clients.connections).toBe(0);
  expect(server.hub.streams).toBe(0);
});

test('a client that sends byte by byte hears the same', async () => {
  const server = openServer();
  const cuts = Array.from({ length: DIALOGUE.length - handshake.length }, (_, i) => handshake.length + i);
  const { answers, media } = await run(server, pieces(DIALOGUE, cuts));
  expect(answers).toEqual(ANSWERS);
  expect(media).toEqual(MEDIA);
});

test('garbage at any place hurts nobody but its sender, and leaves nothing behind', async () => {
  const server = openServer();
  const publisher = await server.publishing('other');
  const player = await server.playing('other');
  const garbage = fc.uint8Array({ minLength: 1, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: DIALOGUE.length }), garbage, fc.boolean(), async (at, bytes, goesOn) => {
      const { peer } = server.enter();
      const rest = goesOn ? DIALOGUE.subarray(at) : Buffer.alloc(0);
      peer.say(DIALOGUE.subarray(0, at), Buffer.from(bytes), rest);
      await settled();
      peer.breakOff();
      await settled();
      expect(server.clients.connections).toBe(2);
      expect(server.hub.streams).toBe(1);
    }),
    { numRuns: 300 },
  );
  publisher.say(...PICTURE);
  await player.hear('video@1 40 f1');
  const count = (action: string) => server.gate.log.filter((line) => line.includes(action)).length;
  expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(count('tell on_close')).toBe(count('ask on_connect') - 2);
  expect(count('tell on_unpublish')).toBe(count('ask on_publish') - 1);
  expect(count('tell on_stop')).toBe(count('ask on_play') - 1);
});

test('garbage within well-formed messages hurts nobody but its sender', async () => {
  const server = openServer();
  const payload = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const types = fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(types, payload), { maxLength: 10 }), async (messages) => {
      const peer = await server.publishing();
      peer.say(setChunkSize(60_000));
      for (const [type, bytes] of messages) {
        peer.say(cat([0x03, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 255, type, 1, 0, 0, 0], bytes));
      }
      await settled();
      peer.breakOff();
      await settled();
      expect(server.clients.connections).toBe(0);
      expect(server.hub.streams).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
