import { describe, expect, test } from 'vitest';
import { readAc3Frame, readEac3Frame } from '../../../src/protocol/codec/ac3.ts';
import { readFlacHeader } from '../../../src/protocol/codec/flac.ts';
import { readMp3Header } from '../../../src/protocol/codec/mp3.ts';
import { readOpusHead } from '../../../src/protocol/codec/opus.ts';
import { bits, hex, u } from '../../support/bits.ts';
import { cuts, survives } from '../../support/cuts.ts';
import { cat } from '../../support/wire.ts';

/** From libopus, ffmpeg's FLAC encoder, LAME, and ffmpeg's AC-3 encoders. */
const OPUS = hex('4f707573486561640102380180bb0000000000');
const FLAC = hex('664c614300000022120012000001060004ff0bb800f0000038407044de84a8b56e9e558a37d978aff114');
const MP3 = hex('fffb54c400000970');
const AC3 = hex('0b77b50b1e40ebf8403eff99');
const EAC3 = hex('0b77037f3f87c00020f82000');

describe('an Opus head', () => {
  test.each([
    ['stereo', OPUS, 2],
    ['mono', hex('4f707573486561640101380180bb0000000000'), 1],
    ['5.1 with its table', cat(hex('4f707573486561640106380180bb0000000001'), hex('0402000401020305')), 6],
  ])('of %s has its channels', (_, head, channels) => {
    expect(readOpusHead(head)).toEqual({ codec: 'opus', sampleRate: 48_000, channels });
  });

  test.each([
    ['another name', hex('4f707573546167730102380180bb0000000000')],
    ['another version', hex('4f707573486561641002380180bb0000000000')],
    ['no channel', hex('4f707573486561640100380180bb0000000000')],
    ['six channels and no table', hex('4f707573486561640106380180bb0000000000')],
    ['a table that is cut off', cat(hex('4f707573486561640106380180bb0000000001'), hex('04020004010203'))],
  ])('of %s is none', (_, head) => {
    expect(readOpusHead(head)).toBeUndefined();
  });

  test('cut anywhere is none', () => {
    for (const cut of cuts(OPUS)) expect(readOpusHead(cut)).toBeUndefined();
    survives(readOpusHead, OPUS);
  });
});

describe('a FLAC header', () => {
  test('has rate and channels', () => {
    expect(readFlacHeader(FLAC)).toEqual({ codec: 'flac', sampleRate: 48_000, channels: 1 });
    const info = bits('0'.repeat(80), u(96_000, 20), u(5, 3), u(23, 5), '0'.repeat(36 + 128));
    expect(readFlacHeader(cat('fLaC', hex('80000022'), info))).toEqual({
      codec: 'flac',
      sampleRate: 96_000,
      channels: 6,
    });
  });

  test.each([
    ['another name', cat('fLaD', FLAC.subarray(4))],
    ['another block first', cat('fLaC', hex('04000022'), FLAC.subarray(8))],
    ['a block of another length', cat('fLaC', hex('00000021'), FLAC.subarray(8))],
    ['no rate', cat(FLAC.subarray(0, 18), Buffer.alloc(24))],
  ])('of %s is none', (_, header) => {
    expect(readFlacHeader(header)).toBeUndefined();
  });

  test('cut anywhere is none', () => {
    for (const cut of cuts(FLAC)) expect(readFlacHeader(cut)).toBeUndefined();
    survives(readFlacHeader, FLAC);
  });
});

describe('an MP3 frame', () => {
  test.each([
    ['of LAME, mono', MP3, 48_000, 1],
    ['of MPEG 1, stereo', hex('fffb9000'), 44_100, 2],
    ['of MPEG 2, joint stereo', hex('fff39440'), 24_000, 2],
    ['of MPEG 2.5, mono', hex('ffe398c0'), 8_000, 1],
  ])('%s has rate and channels', (_, frame, sampleRate, channels) => {
    expect(readMp3Header(frame)).toEqual({ codec: 'mp3', sampleRate, channels });
  });

  test.each([
    ['no sync word', 'fefb9000'],
    ['half a sync word', 'ff1b9000'],
    ['a version that there is not', 'ffeb9000'],
    ['layer II', 'fffd9000'],
    ['a rate that there is not', 'fffb9c00'],
    ['a bit rate that there is not', 'fffbf000'],
  ])('with %s is none', (_, frame) => {
    expect(readMp3Header(hex(frame))).toBeUndefined();
  });

  test('cut anywhere is none', () => {
    for (const cut of cuts(MP3.subarray(0, 4))) expect(readMp3Header(cut)).toBeUndefined();
    survives(readMp3Header, MP3);
  });
});

describe('an AC-3 frame', () => {
  /** Sync word, checksum, rate, size, version 8, main service. */
  const head = (rate: string) => `${u(0x0b77, 16)}${u(0, 16)}${rate} 001010 01000 000`;

  test.each([
    ['5.1 of ffmpeg', AC3, 48_000, 6],
    ['stereo', bits(head('01'), '010', '00', '0'), 44_100, 2],
    ['mono', bits(head('10'), '001', '0'), 32_000, 1],
    ['3/0 and a low one', bits(head('00'), '011', '00', '1'), 48_000, 4],
    ['2/1', bits(head('00'), '100', '00', '0'), 48_000, 3],
    ['two programmes', bits(head('00'), '000', '0'), 48_000, 2],
  ])('of %s has rate and channels', (_, frame, sampleRate, channels) => {
    expect(readAc3Frame(frame)).toEqual({ codec: 'ac-3', sampleRate, channels });
  });

  test.each([
    ['no sync word', bits(u(0x0b78, 16), '0'.repeat(60))],
    ['a reserved rate', bits(head('11'), '001', '0')],
    ['the version of E-AC-3', EAC3],
  ])('with %s is none', (_, frame) => {
    expect(readAc3Frame(frame)).toBeUndefined();
  });

  test('cut in its head is none', () => {
    for (const cut of cuts(AC3.subarray(0, 7))) expect(readAc3Frame(cut)).toBeUndefined();
    survives(readAc3Frame, AC3);
  });
});

describe('an E-AC-3 frame', () => {
  const head = `${u(0x0b77, 16)}00 000 ${u(383, 11)}`;

  test.each([
    ['5.1 of ffmpeg', EAC3, 48_000, 6],
    ['stereo', bits(head, '01 11', '010', '0', u(16, 5)), 44_100, 2],
    ['half the rate', bits(head, '11 01', '001', '0', u(16, 5)), 22_050, 1],
  ])('of %s has rate and channels', (_, frame, sampleRate, channels) => {
    expect(readEac3Frame(frame)).toEqual({ codec: 'ec-3', sampleRate, channels });
  });

  test.each([
    ['no sync word', bits(u(0, 16), '0'.repeat(60))],
    ['a reserved half rate', bits(head, '11 11', '001', '0', u(16, 5))],
  ])('with %s is none', (_, frame) => {
    expect(readEac3Frame(frame)).toBeUndefined();
  });

  test('cut in its head is none', () => {
    for (const cut of cuts(EAC3.subarray(0, 5))) expect(readEac3Frame(cut)).toBeUndefined();
    survives(readEac3Frame, EAC3);
  });
});
