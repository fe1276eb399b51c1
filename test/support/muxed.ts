import type { MediaPacket } from '../../src/model/media.ts';
import { loadMediabunny } from '../../src/remux/load-mediabunny.ts';
import { type Container, Muxer, type Piece } from '../../src/remux/muxer.ts';
import type { TrackConfig, TrackSample } from '../../src/remux/track.ts';
import { TrackAssembler } from '../../src/remux/track-assembler.ts';

const mediabunny = await loadMediabunny();

/** A muxer for these tracks. */
export function openMuxer(container: Container, tracks: readonly TrackConfig[], originMs = 0): Muxer {
  return new Muxer(mediabunny, container, tracks, originMs);
}

/** The pieces of a publish, cut at every second keyframe. */
export async function muxed(container: Container, packets: readonly MediaPacket[]): Promise<Piece[]> {
  const tracks: TrackConfig[] = [];
  const samples: TrackSample[] = [];
  const assembler = new TrackAssembler({
    beginTracks: (all) => tracks.push(...all),
    sample: (sample) => samples.push(sample),
  });
  for (const packet of packets) assembler.write(packet);
  assembler.end();
  const muxer = openMuxer(container, tracks);
  const pieces: Piece[] = [];
  let keyframes = 0;
  for (const sample of samples) {
    if (sample.track.kind === 'video' && sample.keyframe) {
      keyframes += 1;
      const piece = keyframes % 2 === 1 ? await muxer.cut() : undefined;
      if (piece) pieces.push(piece);
    }
    muxer.add(sample);
  }
  const last = await muxer.cut();
  return last ? [...pieces, last] : pieces;
}

/** Pieces one behind the other, with the head of the file. */
export function fileOf(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.flatMap(({ init, bytes }) => (init ? [init, bytes] : [bytes])));
}
