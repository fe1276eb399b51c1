import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flvTagSize, writeFlvTag } from '../../src/protocol/flv/tag.ts';
import { type FlvLayout, flvHead } from '../../src/recorder/flv-head.ts';
import { recordingsLeft } from '../../src/recorder/journal.ts';
import { repairFlv } from '../../src/recorder/repair-file.ts';
import { isKeyframe, type Packet } from '../support/flv-file.ts';
import { picture } from '../support/picture.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { amf, cat } from '../support/wire.ts';
import { openDvr, type ReadRecording, readRecording, TrustedGate } from './support.ts';

/** An FLV file as it is while it is recorded. */
function recorded(packets: readonly Packet[], keyframes = 8): { bytes: Buffer; layout: FlvLayout } {
  const metadata = cat(amf.string('onMetaData'), amf.object({ width: amf.number(160) }));
  const head = flvHead(metadata, keyframes);
  const tags = packets.map(({ type, timestamp, payload }) => {
    const tag = Buffer.alloc(flvTagSize(payload.length));
    writeFlvTag(tag, 0, type, timestamp, payload);
    return tag;
  });
  return { bytes: Buffer.concat([head.bytes, ...tags]), layout: head.layout };
}

/** Repairs these bytes; undefined if nothing is left. */
async function repair(path: string, bytes: Buffer, layout: FlvLayout): Promise<ReadRecording | undefined> {
  writeFileSync(path, bytes);
  const file = await open(path, 'r+');
  try {
    return (await repairFlv(file, layout)) && readRecording(path);
  } finally {
    await file.close();
  }
}

const small = (i: number): Packet[] => [
  i % 3 === 0 ? picture.keyframe(i * 40, 30) : picture.frame(i * 40, 10),
  picture.sound(i * 40 + 3),
];
const PACKETS = [
  picture.videoHeader(),
  picture.audioHeader(),
  ...Array.from({ length: 7 }, (_, i) => small(i)).flat(),
];

describe('an FLV file that was cut', () => {
  test('at any byte is whole up to its last tag, with its duration and index', async () => {
    const path = stopped(temporaryDirectory()).file('cut.flv');
    const { bytes, layout } = recorded(PACKETS);
    const ends = PACKETS.map((_, index) => recorded(PACKETS.slice(0, index + 1)).bytes.length);
    for (let length = 0; length <= bytes.length; length++) {
      const left = PACKETS.slice(0, ends.filter((end) => end <= length).length);
      const result = await repair(path, bytes.subarray(0, length), layout);
      if (left.length <= 2) {
        expect(result).toBeUndefined();
        continue;
      }
      const { tags, metadata } = result as ReadRecording;
      expect(tags.map(({ payload }) => payload)).toEqual(left.map(({ payload }) => payload));
      const keyframes = tags.filter(isKeyframe);
      expect(metadata).toMatchObject({
        width: 160,
        duration: Math.max(...left.map(({ timestamp }) => timestamp)) / 1000,
        filesize: statSync(path).size,
        keyframes: {
          filepositions: keyframes.map(({ at }) => at),
          times: keyframes.map(({ timestamp }) => timestamp / 1000),
        },
      });
    }
  });

  test('and goes on with rubbish loses the rubbish', async () => {
    const path = stopped(temporaryDirectory()).file('cut.flv');
    const { bytes, layout } = recorded(PACKETS);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (rubbish) => {
        const result = await repair(path, Buffer.concat([bytes, rubbish]), layout);
        expect(result?.tags.length).toBeGreaterThanOrEqual(PACKETS.length);
        expect(result?.metadata['filesize']).toBe(statSync(path).size);
      }),
      { numRuns: 50 },
    );
  });

  test('is repaired though it is larger than what is read at a time', async () => {
    const path = stopped(temporaryDirectory()).file('cut.flv');
    const packets = [...picture.stream(30), picture.keyframe(1200, 2_000_000), ...picture.moment(31)];
    const { bytes, layout } = recorded(packets);
    const result = await repair(path, bytes.subarray(0, -1), layout);
    expect(result?.tags).toHaveLength(packets.length - 1);
    expect(result?.metadata['keyframes']).toMatchObject({ times: [0, 1, 1.2] });
  });
});

/** A directory as a server leaves it that was killed while it recorded, as `owner`. */
async function killed(
  how: (stream: { send(...packets: readonly Packet[]): void }) => void = () => undefined,
) {
  const { directory } = openDvr();
  const dead = openDvr({ directory, owner: 'run0' });
  const stream = await dead.publish();
  stream.send(...picture.stream(30));
  how(stream);
  await expect.poll(() => dead.log.lines.length).toBe(1);
  // What it has written so far is what it writes when it ends; the end itself is taken back.
  const journal = dead.journal();
  const kept = dead.file('kept.json');
  copyFileSync(dead.file(`state/${journal[0]}`), kept);
  stream.end();
  await dead.settled();
  return { directory, entry: `state/${journal[0]}`, kept, file: dead.file, told: dead.gate.files };
}

describe('what a killed server has left', () => {
  test('is finished and told of once, by whoever holds the state directory', async () => {
    const { directory, entry, kept, file } = await killed();
    renameSync(file('cam.flv'), file('cam.flv.tmp'));
    renameSync(kept, file(entry));
    const bytes = readFileSync(file('cam.flv.tmp'));
    writeFileSync(file('cam.flv.tmp'), bytes.subarray(0, -20));
    for (let start = 0; start < 2; start++) {
      const { dvr, gate, settled, journal } = openDvr({ directory });
      dvr.applyGate(gate);
      dvr.finishLeft((owner) => owner !== 'run1');
      await settled();
      expect(journal()).toEqual([]);
      expect(gate.files.map(({ recording }) => recording.reason)).toEqual(
        start === 0 ? ['server_restart'] : [],
      );
    }
    expect(readRecording(file('cam.flv')).metadata['filesize']).toBe(statSync(file('cam.flv')).size);
  });

  test('belongs to nobody else', async () => {
    const { directory, entry, kept, file } = await killed();
    renameSync(kept, file(entry));
    const { dvr, gate, settled, journal } = openDvr({ directory });
    dvr.applyGate(gate);
    dvr.finishLeft((owner) => owner === 'run7');
    await settled();
    expect(journal()).toHaveLength(1);
    expect(gate.files).toEqual([]);
  });

  test('that is gone is forgotten, with a line in the log', async () => {
    const { directory, entry, kept, file } = await killed();
    renameSync(kept, file(entry));
    rmSync(file('cam.flv'));
    const { dvr, gate, log, settled, journal } = openDvr({ directory });
    dvr.applyGate(gate);
    dvr.finishLeft(() => true);
    await settled();
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'recording lost' }]);
    expect([journal(), gate.files]).toEqual([[], []]);
  });

  test.each(['{"id":"x","own', '', '\0\0\0', '[]', '{"id":"x","owner":"run0"}\n'])(
    'as an entry that makes no sense is moved aside, with one line for all starts: %j',
    async (text) => {
      const { directory, file } = openDvr();
      mkdirSync(file('state/dvr'), { recursive: true });
      writeFileSync(file('state/dvr/run0.x.json'), text);
      for (let start = 0; start < 2; start++) {
        const { dvr, gate, settled, journal, log } = openDvr({ directory });
        dvr.applyGate(gate);
        dvr.finishLeft(() => true);
        await settled();
        expect([journal(), gate.files]).toEqual([['dvr/run0.x.json.damaged'], []]);
        const movedTo = file('state/dvr/run0.x.json.damaged');
        expect(log.lines).toMatchObject(
          start === 0
            ? [{ level: 'error', message: 'recording journal entry moved aside', fields: { movedTo } }]
            : [],
        );
      }
    },
  );

  test('as an entry under another name is not told of again and again', async () => {
    const { directory, entry, kept, file } = await killed();
    renameSync(kept, file(entry.replace('run0.', 'run0.copy-of-')));
    const { dvr, gate, settled, journal } = openDvr({ directory });
    dvr.applyGate(gate);
    dvr.finishLeft(() => true);
    await settled();
    expect([journal(), gate.files]).toEqual([[expect.stringMatching(/\.damaged$/)], []]);
  });

  test('as an entry that was not written to its end is gone, as it is about no file yet', async () => {
    const { dvr, gate, file, settled, journal, log } = openDvr();
    mkdirSync(file('state/dvr'), { recursive: true });
    writeFileSync(file('state/dvr/run0.x.json.tmp'), '{"id":"x","own');
    expect(recordingsLeft(file('state'))).toBe(true);
    dvr.applyGate(gate);
    dvr.finishLeft(() => true);
    await settled();
    expect([journal(), gate.files, log.lines]).toEqual([[], [], []]);
  });

  test.each([
    ['an empty file is removed', '', undefined, []],
    ['a file of somebody else stays', 'theirs', undefined, ['cam.flv.tmp']],
    ['an empty file of another process stays', '', 'run2', ['cam.flv.tmp']],
  ] as const)('of what was only planned %s', async (_what, content, other, files) => {
    const { directory, entry, kept, file } = await killed();
    const [planned = ''] = readFileSync(kept, 'utf8').split('\n');
    const id = entry.replace(/.*run0\.|\.json$/g, '');
    writeFileSync(file(entry), `${planned}\n${'{"planned":true}'.padEnd(512)}`);
    if (other !== undefined) {
      const theirs = planned.replace('"owner":"run0"', `"owner":"${other}"`).replace(id, 'another');
      writeFileSync(file(`state/dvr/${other}.another.json`), `${theirs}\n${' '.repeat(512)}`);
    }
    rmSync(kept);
    rmSync(file('cam.flv'));
    writeFileSync(file('cam.flv.tmp'), content);
    const next = openDvr({ directory });
    next.dvr.applyGate(next.gate);
    next.dvr.finishLeft((owner) => owner === 'run0');
    await next.settled();
    expect([next.files(), next.gate.files, next.log.lines]).toEqual([files, [], []]);
    expect(next.journal()).toHaveLength(other === undefined ? 0 : 1);
  });
});

describe('an event that may have been lost', () => {
  test.each(['before the file had its name', 'after it', 'and whose file was taken away since'])(
    '%s is told again in the same words',
    async (when) => {
      const gate = new TrustedGate();
      gate.keeps = false;
      const dead = openDvr({ gate, owner: 'run0' });
      const stream = await dead.publish();
      stream.send(...picture.stream(30));
      stream.end();
      await dead.settled();
      expect(dead.journal()).toHaveLength(1);
      if (when.startsWith('before')) renameSync(dead.file('cam.flv'), dead.file('cam.flv.tmp'));
      if (when.startsWith('and')) rmSync(dead.file('cam.flv'));
      const next = openDvr({ directory: dead.directory });
      next.dvr.applyGate(next.gate);
      next.dvr.finishLeft(() => true);
      await next.settled();
      expect(next.gate.files).toEqual(gate.files);
      expect(existsSync(dead.file('cam.flv'))).toBe(!when.startsWith('and'));
      expect(next.journal()).toEqual([]);
    },
  );
});
