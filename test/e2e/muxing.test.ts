import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Container, type Muxer, openMuxer, type Piece } from '../../src/media/muxer.ts';
import { Programme } from '../../src/media/programme.ts';
import type { TrackConfig, TrackSample } from '../../src/media/track.ts';
import type { MediaPacket } from '../../src/model/media-packet.ts';
import { frameHashes, makeFlv, requiredFfmpeg } from '../support/ffmpeg.ts';
import { mediaPacketsOf } from '../support/media-packets.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The pieces of a publish, cut at every second keyframe. */
async function mux(container: Container, packets: readonly MediaPacket[]): Promise<Piece[]> {
  const tracks: TrackConfig[] = [];
  const samples: TrackSample[] = [];
  const programme = new Programme({
    begin: (all) => tracks.push(...all),
    sample: (one) => samples.push(one),
  });
  for (const packet of packets) programme.write(packet);
  programme.end();
  const muxer: Muxer = await openMuxer(container, tracks);
  const pieces: Piece[] = [];
  let keyframes = 0;
  for (const sample of samples) {
    if (sample.track.kind === 'video' && sample.keyframe) {
      keyframes += 1;
      if (keyframes % 2 === 1) {
        const piece = await muxer.cut();
        if (piece) pieces.push(piece);
      }
    }
    muxer.add(sample);
  }
  const last = await muxer.cut();
  if (last) pieces.push(last);
  return pieces;
}

describe.each<{ container: Container; name: string }>([
  { container: 'ts', name: 'muxed.ts' },
  { container: 'fmp4', name: 'muxed.mp4' },
])('pieces of $container', ({ container, name }) => {
  test('one behind the other are a file that ffmpeg decodes without a word', async (context) => {
    const ffmpeg = requiredFfmpeg(context);
    const directory = stopped(temporaryDirectory());
    const flv = directory.file('published.flv');
    makeFlv(flv, { seconds: 6 });
    const pieces = await mux(container, mediaPacketsOf(flv));
    const muxed = directory.file(name);
    writeFileSync(
      muxed,
      Buffer.concat(pieces.flatMap(({ init, bytes }) => (init ? [init, bytes] : [bytes]))),
    );
    const { stderr, status } = spawnSync(ffmpeg, ['-v', 'warning', '-i', muxed, '-f', 'null', '-'], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(frameHashes(muxed)).toHaveLength(frameHashes(flv).length);
    expect(pieces).toHaveLength(3);
  });
});
