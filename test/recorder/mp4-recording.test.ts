import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media.ts';
import { repairMp4 } from '../../src/recorder/repair-file.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
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

test('a file that was cut keeps its whole fragments, wherever it was cut', async () => {
  const gop = (at: number) => [t.avcKeyframe(at, 'key!'), t.aacFrame(at + 5), t.avcFrame(at + 500, 'more')];
  const { files } = await record([t.avcConfig(), t.aacConfig(), ...[0, 2000, 4000].flatMap(gop)]);
  const [whole = Buffer.alloc(0)] = files;
  /** Where each fragment ends. */
  const ends: number[] = [];
  for (let at = 0; at < whole.length; ) {
    const type = whole.toString('latin1', at + 4, at + 8);
    at += whole.readUInt32BE(at);
    if (type === 'mdat') ends.push(at);
  }
  expect(ends).toHaveLength(3);
  const path = stopped(temporaryDirectory()).file('cut.mp4');
  const cuts = [0, 5, 100, ...ends.flatMap((end) => [end - 1, end, end + 1, end + 9]), whole.length - 20];
  for (const length of cuts.filter((cut) => cut <= whole.length)) {
    writeFileSync(path, whole.subarray(0, length));
    const file = await open(path, 'r+');
    const facts = await repairMp4(file, path);
    await file.close();
    const left = ends.filter((end) => end <= length);
    expect(facts?.bytes).toBe(left.at(-1));
    if (!facts) continue;
    expect(readFileSync(path)).toEqual(whole.subarray(0, facts.bytes));
    expect(await pictures(readFileSync(path))).toHaveLength(2 * left.length);
    expect(Math.abs(facts.durationMs - 2000 * left.length)).toBeLessThan(1600);
  }
});

test('what only looks like a box ends the repair', async () => {
  const path = stopped(temporaryDirectory()).file('odd.mp4');
  for (const bytes of [
    [0, 0, 0, 4, 1, 1, 1, 1],
    [0, 0, 0, 1, 1, 1, 1, 1],
    [0, 0, 0, 1, 1, 1, 1, 1, 0xff, 0, 0, 0, 0, 0, 0, 0],
  ]) {
    writeFileSync(path, Buffer.from(bytes));
    const file = await open(path, 'r+');
    expect(await repairMp4(file, path)).toBeUndefined();
    await file.close();
  }
});
