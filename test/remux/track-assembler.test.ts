import { describe, expect, test } from 'vitest';
import type { MediaPacket } from '../../src/model/media.ts';
import { TrackAssembler } from '../../src/remux/track-assembler.ts';
import * as t from '../support/tracks.ts';

/** What a consumer gets, one line each. */
function taken(packets: readonly MediaPacket[], end = true): string[] {
  const lines: string[] = [];
  const assembler = new TrackAssembler({
    beginTracks: (tracks) => lines.push(`begin ${tracks.map((one) => one.decoderConfig.codec).join(' ')}`),
    sample: ({ data }) => lines.push(Buffer.from(data).toString('latin1')),
  });
  for (const packet of packets) assembler.write(packet);
  if (end) assembler.end();
  return lines;
}

const AVC = 'avc1.64000d';
const INTERLACED = 'avc1.f40015';
const AAC = 'mp4a.40.2';
const headers = [t.avcConfig(), t.aacConfig()];

describe('a set of tracks begins', () => {
  test('with picture and sound, as soon as there is both', () => {
    expect(
      taken([...headers, t.avcKeyframe(0, 'k'), t.avcFrame(40, 'f'), t.aacFrame(45, 's')], false),
    ).toEqual([`begin ${AVC} ${AAC}`, 'k', 'f', 's']);
  });

  test('with what there is after a second', () => {
    const frames = Array.from({ length: 26 }, (_, at) => t.avcFrame(40 * at, `f${at}`));
    const lines = taken([t.avcConfig(), t.avcKeyframe(0, 'k'), ...frames], false);
    expect(lines).toHaveLength(1 + 1 + 26);
    expect(lines.slice(0, 2)).toEqual([`begin ${AVC}`, 'k']);
  });

  test('with what there is at the end of a short publish', () => {
    const packets = [t.aacConfig(), t.aacFrame(0, 'a'), t.aacFrame(23, 'b')];
    expect(taken(packets, false)).toEqual([]);
    expect(taken(packets)).toEqual([`begin ${AAC}`, 'a', 'b']);
  });

  test('with what there is when it has waited for too many bytes or samples', () => {
    const large = t.aacFrame(0, 'x'.repeat(4 * 1024 * 1024 + 1));
    expect(taken([t.aacConfig(), large, large], false)).toHaveLength(3);
    const small = Array.from({ length: 2000 }, () => t.aacFrame(0));
    expect(taken([t.aacConfig(), ...small], false)).toHaveLength(2001);
  });

  test('never where there is nothing that can be read', () => {
    expect(taken([t.avcFrame(0), t.audio(0, [0xb0], 'speex')])).toEqual([]);
  });

  test('its picture with a keyframe; sound does not wait for it', () => {
    const packets = [
      ...headers,
      t.avcFrame(0, 'f'),
      t.aacFrame(3, 's'),
      t.avcKeyframe(40, 'k'),
      t.aacFrame(50, 't'),
    ];
    expect(taken(packets)).toEqual([`begin ${AVC} ${AAC}`, 'k', 't']);
  });
});

describe('another set of tracks begins', () => {
  test('with the keyframe of a new picture configuration', () => {
    expect(
      taken([
        ...headers,
        t.avcKeyframe(0, 'k'),
        t.aacFrame(3, 's'),
        t.avcConfig(t.RECORDS.avcInterlaced),
        t.aacFrame(30, 't'),
        t.avcFrame(35, 'lost'),
        t.avcKeyframe(40, 'l'),
        t.aacFrame(50, 'u'),
      ]),
    ).toEqual([`begin ${AVC} ${AAC}`, 'k', 's', 't', `begin ${INTERLACED} ${AAC}`, 'l', 'u']);
  });

  test('with the next keyframe when sound comes late, so that the picture gets no hole', () => {
    const second = t.avcFrame(1000, 'f');
    expect(
      taken([
        t.avcConfig(),
        t.avcKeyframe(0, 'k'),
        second,
        t.aacConfig(),
        t.aacFrame(1020, 'lost'),
        t.avcFrame(1040, 'g'),
        t.avcKeyframe(1080, 'l'),
        t.aacFrame(1085, 's'),
      ]),
    ).toEqual([`begin ${AVC}`, 'k', 'f', 'g', `begin ${AVC} ${AAC}`, 'l', 's']);
  });

  test('at once where there is no picture', () => {
    const packets = [t.aacConfig(), t.aacFrame(0, 'a'), t.aacFrame(1000, 'b')];
    const mono = t.aacConfig(Buffer.from('1188', 'hex'));
    expect(taken([...packets, mono, t.aacFrame(1023, 'c')])).toEqual([
      `begin ${AAC}`,
      'a',
      'b',
      `begin ${AAC}`,
      'c',
    ]);
  });

  test('not for a configuration that is sent again', () => {
    expect(
      taken([...headers, t.avcKeyframe(0, 'k'), t.aacFrame(0, 's'), ...headers, t.avcKeyframe(40, 'l')]),
    ).toEqual([`begin ${AVC} ${AAC}`, 'k', 's', 'l']);
  });
});

test('a picture that stays away is no track until it comes back', () => {
  const sounds = Array.from({ length: 22 }, (_, at) => t.aacFrame(1000 * at, `s${at}`));
  const lines = taken([
    ...headers,
    t.avcKeyframe(0, 'k'),
    ...sounds,
    t.avcFrame(22_000, 'lost'),
    t.aacFrame(22_010, 't'),
    t.avcKeyframe(22_040, 'l'),
    t.aacFrame(22_050, 'u'),
  ]);
  expect(lines.slice(0, 3)).toEqual([`begin ${AVC} ${AAC}`, 'k', 's0']);
  expect(lines.slice(-6)).toEqual([`begin ${AAC}`, 's21', 't', `begin ${AVC} ${AAC}`, 'l', 'u']);
});

test('a picture that is announced and does not come is not waited for', () => {
  const sounds = Array.from({ length: 50 }, (_, at) => t.aacFrame(23 * at, `s${at}`));
  expect(taken([...headers, ...sounds], false)).toEqual([`begin ${AAC}`, ...sounds.map((_, at) => `s${at}`)]);
  expect(taken([...headers, t.aacFrame(0, 'a')])).toEqual([`begin ${AAC}`, 'a']);
  expect(
    taken([...headers, ...sounds, t.avcKeyframe(1200, 'k'), t.aacFrame(1210, 't')], false).slice(-3),
  ).toEqual([`begin ${AVC} ${AAC}`, 'k', 't']);
});

test('a second picture that never comes is not what the first one waits for', () => {
  const other = t.video(0, [0x96, 0x00], 'hvc1', [1], t.RECORDS.hevc);
  expect(taken([other, ...headers, t.avcKeyframe(0, 'k'), t.aacFrame(0, 's')])).toEqual([
    `begin ${AVC} hvc1.2.4.L60.90 ${AAC}`,
    'k',
    's',
  ]);
});

test('sound that stays away is missed by nobody', () => {
  const frames = Array.from({ length: 30 }, (_, at) => t.avcFrame(1000 * at, 'f'));
  const lines = taken([
    ...headers,
    t.avcKeyframe(0, 'k'),
    t.aacFrame(0, 's'),
    ...frames,
    t.aacFrame(30_000, 't'),
  ]);
  expect(lines.filter((line) => line.startsWith('begin'))).toHaveLength(1);
  expect(lines.at(-1)).toBe('t');
});

test('what a reader leaves out is said', () => {
  const said: string[] = [];
  const assembler = new TrackAssembler({ beginTracks: () => undefined, sample: () => undefined }, (what) =>
    said.push(what),
  );
  assembler.write(t.audio(0, [0xb0], 'speex'));
  expect(said).toEqual(['audio in speex, which cannot be put into a file']);
});
