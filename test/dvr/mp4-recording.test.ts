import { readFileSync } from 'node:fs';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media-packet.ts';
import * as t from '../support/tracks.ts';
import { openDvr, type PublishSetting } from './support.ts';

const MB = 1024 * 1024;
const TYPES: Readonly<Record<string, number>> = { audio: 8, video: 9 };

/** Records these packets as MP4 and returns the file's top boxes and its pictures. */
async function record(packets: readonly MediaPacket[], setting: PublishSetting = {}) {
  const dvr = openDvr();
  const publish = await dvr.publish({ paths: ['[stream].mp4'], ...setting });
  publish.send(
    ...packets.map(({ kind, timestamp, payload }) => ({ type: TYPES[kind] ?? 0, timestamp, payload })),
  );
  publish.end();
  await dvr.settled();
  const files = dvr.files().map((name) => readFileSync(dvr.file(name)));
  return { files, events: dvr.gate.files.map(({ recording }) => recording) };
}

function boxes(file: Buffer): string[] {
  const types: string[] = [];
  for (let at = 0; at < file.length; at += file.readUInt32BE(at))
    types.push(file.toString('latin1', at + 4, at + 8));
  return types;
}

/** Times of the pictures, in milliseconds. */
async function pictures(file: Buffer): Promise<number[]> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(file) });
  const track = await input.getPrimaryVideoTrack();
  const times: number[] = [];
  if (!track) return times;
  for await (const { timestamp } of new EncodedPacketSink(track).packets())
    times.push(Math.round(timestamp * 1000));
  return times;
}

test('a recording in MP4 begins at time 0 and has a fragment for each two seconds or so', async () => {
  const gop = (at: number) => [t.avcKeyframe(at, 'key!'), t.aacFrame(at + 5), t.avcFrame(at + 500, 'more')];
  const starts = [10_000, 11_000, 12_000, 13_000, 14_000];
  const { files, events } = await record([t.avcConfig(), t.aacConfig(), ...starts.flatMap(gop)]);
  const [file = Buffer.alloc(0)] = files;
  expect(boxes(file)).toEqual([
    'ftyp',
    'moov',
    ...['moof', 'mdat'],
    ...['moof', 'mdat'],
    ...['moof', 'mdat'],
  ]);
  expect(await pictures(file)).toEqual([0, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
  expect(events).toMatchObject([{ durationMs: 5005, bytes: file.length, reason: 'unpublish' }]);
});

test('a fragment that gets too large ends without a keyframe, and nothing is lost', async () => {
  const frames = Array.from({ length: 9 }, (_, at) => t.avcFrame(40 * (at + 1), 'x'.repeat(4 * MB)));
  const { files } = await record([t.avcConfig(), t.avcKeyframe(0, 'key!'), ...frames]);
  const [file = Buffer.alloc(0)] = files;
  expect(boxes(file).filter((type) => type === 'moof')).toHaveLength(2);
  expect(await pictures(file)).toEqual(Array.from({ length: 10 }, (_, at) => 40 * at));
});

test('another configuration of the picture begins another file', async () => {
  const { files, events } = await record([
    t.avcConfig(),
    t.aacConfig(),
    t.avcKeyframe(0, 'key!'),
    t.aacFrame(5),
    t.avcConfig(t.RECORDS.avcInterlaced),
    t.avcKeyframe(1000, 'key!'),
  ]);
  expect(await Promise.all(files.map(pictures))).toEqual([[0], [0]]);
  expect(events.map(({ reason }) => reason).sort()).toEqual(['codec_change', 'unpublish']);
});
