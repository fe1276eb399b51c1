import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KeyframeIndex } from '../../src/recorder/flv-head.ts';
import { isKeyframe, type Packet } from '../support/flv-file.ts';
import { picture } from '../support/picture.ts';
import { amf } from '../support/wire.ts';
import { metadataPacket, openDvr, readRecording } from './support.ts';

const plain = ({ type, timestamp, payload }: Packet) => ({
  type,
  timestamp,
  payload: payload.toString('hex'),
});
const shifted = (packets: readonly Packet[], by: number) =>
  packets.map((packet) => ({ ...packet, timestamp: packet.timestamp === 0 ? 0 : packet.timestamp + by }));
const at = (by: number, packets: readonly Packet[]) =>
  packets.map((packet) => ({ ...packet, timestamp: (packet.timestamp + by) >>> 0 }));

describe('a recording', () => {
  test('has every packet as it was published, in its order, with times from 0', async () => {
    const { publish, settled, file } = openDvr();
    const published = picture.stream(60);
    const stream = await publish();
    stream.send(...at(5_000, published));
    stream.end();
    await settled();
    expect(readRecording(file('cam.flv')).tags.map(plain)).toEqual(published.map(plain));
  });

  test('goes on when the 32 bits of its times are over', async () => {
    const { publish, settled, file } = openDvr();
    const published = picture.stream(60);
    const stream = await publish();
    stream.send(...at(2 ** 32 - 1_000, published));
    stream.end();
    await settled();
    expect(readRecording(file('cam.flv')).tags.map(plain)).toEqual(published.map(plain));
  });

  test('keeps the values of the publisher, and says how long it is and where its keyframes are', async () => {
    const { publish, settled, file } = openDvr();
    const stream = await publish();
    const values = {
      width: amf.number(1280),
      encoder: amf.string('Lavf'),
      duration: amf.number(0),
      keyframes: amf.null,
    };
    stream.send(metadataPacket(values), ...picture.stream(60));
    stream.end();
    await settled();
    const { metadata, tags, header } = readRecording(file('cam.flv'));
    const keyframes = tags.filter(isKeyframe);
    expect(keyframes).toHaveLength(3);
    expect(header).toEqual({ hasAudio: true, hasVideo: true });
    expect(metadata).toMatchObject({
      width: 1280,
      encoder: 'Lavf',
      duration: 59 * 0.04,
      filesize: statSync(file('cam.flv')).size,
      keyframes: { filepositions: keyframes.map((tag) => tag.at), times: [0, 1, 2] },
    });
  });

  test('of sound alone says so', async () => {
    const { publish, settled, file } = openDvr();
    const stream = await publish();
    stream.send(picture.audioHeader(), picture.sound(40), picture.sound(80));
    stream.end();
    await settled();
    const { metadata, header, tags } = readRecording(file('cam.flv'));
    expect(header).toEqual({ hasAudio: true, hasVideo: false });
    expect(metadata).toMatchObject({ duration: 0.04, keyframes: { filepositions: [], times: [] } });
    expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 0, 40]);
  });

  test('keeps metadata that comes later where it came', async () => {
    const { publish, settled, file } = openDvr();
    const stream = await publish();
    stream.send(...picture.stream(2), metadataPacket({ title: amf.string('new') }, 60), ...picture.moment(2));
    stream.end();
    await settled();
    expect(readRecording(file('cam.flv')).tags.map(({ type }) => type)).toEqual([9, 8, 9, 8, 9, 8, 18, 9, 8]);
  });

  test('begins with its sound, and with its picture at a keyframe', async () => {
    const { publish, settled, file } = openDvr();
    const stream = await publish();
    stream.send(
      picture.videoHeader(),
      picture.frame(0),
      picture.sound(10),
      picture.frame(20),
      picture.keyframe(40),
    );
    stream.end();
    await settled();
    expect(readRecording(file('cam.flv')).tags.map(({ type, timestamp }) => [type, timestamp])).toEqual([
      [9, 0],
      [8, 0],
      [9, 30],
    ]);
  });

  test('of a publish without a frame is no file', async () => {
    const { publish, settled, files, gate } = openDvr();
    const stream = await publish();
    stream.send(metadataPacket({}), picture.videoHeader(), picture.audioHeader());
    stream.end();
    await settled();
    expect(files()).toEqual([]);
    expect(gate.files).toEqual([]);
  });

  test('is called .tmp until it is complete', async () => {
    const { publish, settled, files, journal } = openDvr();
    const stream = await publish({ paths: ['[app]/[stream].flv'] });
    stream.send(...picture.stream(3));
    await expect.poll(files).toEqual(['live/cam.flv.tmp']);
    await expect.poll(() => journal().length).toBe(1);
    stream.end();
    await settled();
    expect(files()).toEqual(['live/cam.flv']);
    expect(journal()).toEqual([]);
  });

  test('never takes the place of another file', async () => {
    const { publish, settled, files, file, gate } = openDvr();
    writeFileSync(file('cam.flv'), 'mine');
    for (let round = 0; round < 2; round++) {
      const stream = await publish();
      stream.send(...picture.stream(2));
      stream.end();
      await settled();
    }
    expect(files()).toEqual(['cam.2.flv', 'cam.3.flv', 'cam.flv']);
    expect(statSync(file('cam.flv')).size).toBe(4);
    expect(gate.files.map(({ recording }) => recording.file)).toEqual([file('cam.2.flv'), file('cam.3.flv')]);
  });

  test('of several paths is several files', async () => {
    const { publish, settled, files } = openDvr();
    const stream = await publish({ paths: ['a/[stream].flv', 'b/[stream].flv'] });
    stream.send(...picture.stream(2));
    stream.end();
    await settled();
    expect(files()).toEqual(['a/cam.flv', 'b/cam.flv']);
  });

  test('is told of once, in the words of its publisher', async () => {
    const { publish, settled, file, gate, directory } = openDvr();
    const stream = await publish();
    stream.send(...picture.stream(26));
    stream.end();
    await settled();
    expect(gate.files).toHaveLength(1);
    const [event] = gate.files;
    const { id } = event?.recording ?? { id: '' };
    expect(event).toMatchObject({
      action: 'on_dvr',
      client: { number: 7, id: 'abcdefgh', ip: '192.0.2.7' },
      app: 'live',
      stream: 'cam',
      param: '?token=t',
      recording: {
        cwd: process.cwd(),
        file: file('cam.flv'),
        durationMs: 1000,
        bytes: statSync(file('cam.flv')).size,
        reason: 'unpublish',
      },
      seal: { stamp: { id }, server: { serviceId: 'run1' } },
    });
    expect(existsSync(directory)).toBe(true);
  });
});

describe('segments', () => {
  test('are cut at keyframes, and each begins with headers and time 0', async () => {
    const { publish, settled, files, file, gate } = openDvr();
    const stream = await publish({ plan: 'segment', durationMs: 1500, paths: ['[stream].flv'] });
    stream.send(metadataPacket({ width: amf.number(640) }), ...picture.stream(100));
    stream.end();
    await settled();
    expect(files()).toEqual(['cam.2.flv', 'cam.flv']);
    expect(gate.files.map(({ recording }) => [recording.durationMs, recording.reason])).toEqual([
      [1960, 'segment'],
      [1960, 'unpublish'],
    ]);
    const frames = shifted(Array.from({ length: 50 }, (_, i) => picture.moment(i)).flat(), 0);
    for (const [index, name] of ['cam.flv', 'cam.2.flv'].entries()) {
      const { metadata, tags } = readRecording(file(name));
      expect(metadata).toMatchObject({ width: 640, duration: 1.96 });
      expect(tags.slice(0, 2).map(plain)).toEqual([picture.videoHeader(), picture.audioHeader()].map(plain));
      expect(tags.slice(2).map(({ type, timestamp }) => [type, timestamp])).toEqual(
        frames.map(({ type, timestamp }) => [type, timestamp]),
      );
      expect(tags[2]?.payload).toEqual(picture.keyframe(index * 2000).payload);
    }
  });

  test('of sound alone are cut when their time is over', async () => {
    const { publish, settled, gate } = openDvr();
    const stream = await publish({ plan: 'segment', durationMs: 1000 });
    stream.send(picture.audioHeader(), ...Array.from({ length: 60 }, (_, i) => picture.sound(i * 40)));
    stream.end();
    await settled();
    expect(gate.files.map(({ recording }) => recording.durationMs).sort()).toEqual([360, 960, 960]);
  });

  test('do not wait for a keyframe with dvr_wait_keyframe off', async () => {
    const { publish, settled, gate } = openDvr();
    const stream = await publish({ plan: 'segment', durationMs: 1200, waitKeyframe: false });
    stream.send(...picture.stream(60));
    stream.end();
    await settled();
    expect(gate.files.map(({ recording }) => recording.durationMs).sort()).toEqual([1160, 1160]);
  });
});

describe('what is recorded', () => {
  test.each([
    [{ apply: 'all' }, 1],
    [{ apply: ['live/cam'] }, 1],
    [{ apply: ['live/other', 'cam'] }, 0],
    [{ apply: [] }, 0],
    [{ apply: [], grant: { record: true } }, 1],
    [{ apply: 'all', grant: { record: false } }, 0],
    [{ apply: 'all', grant: { maxViewers: 1 } }, 1],
    [{ enabled: false, grant: { record: true } }, 0],
  ] as const)('%j: %i', async (setting, recordings) => {
    const { publish, log } = openDvr();
    expect((await publish(setting)).recordings).toBe(recordings);
    const warned = 'enabled' in setting;
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(warned ? 1 : 0);
  });

  test.each(['..', 'a/../../b', 'a\\b', 'a\0b', 'x'.repeat(300)])(
    'never a stream called %j',
    async (stream) => {
      const { publish, settled, files, log, directory } = openDvr();
      const publishing = await publish({ paths: ['in/[stream].flv'], key: { stream } });
      publishing.send(...picture.stream(30));
      publishing.end();
      await settled();
      expect(files()).toEqual([]);
      expect(readdirSync(directory)).toEqual([]);
      expect(log.lines).toMatchObject([
        {
          level: 'warn',
          message: 'stream not recorded',
          fields: { why: expect.stringContaining('cannot be') },
        },
      ]);
    },
  );

  test('a directory that cannot be written costs the recording, with one line in the log', async () => {
    const { publish, settled, file, log, gate } = openDvr();
    writeFileSync(file('in'), 'no directory');
    const stream = await publish({ paths: ['in/[stream].flv'] });
    stream.send(...picture.stream(2));
    await expect.poll(() => log.lines.length).toBe(1);
    stream.send(...picture.stream(2));
    stream.end();
    await settled();
    expect(log.lines).toMatchObject([{ level: 'error', message: 'recording stopped, stream continues' }]);
    expect(gate.files).toEqual([]);
  });
});

test('an index that is full keeps every second keyframe, then every fourth', () => {
  const index = new KeyframeIndex(4);
  for (let i = 0; i < 20; i++) index.add(i * 100, i * 1000);
  expect(index.positions).toEqual([0, 800, 1600]);
  expect(index.times).toEqual([0, 8000, 16000]);
});
