import type { AudioTrackMetadata, Output, VideoTrackMetadata } from 'mediabunny';
import { readAacConfig } from '../protocol/codec/aac.ts';
import { MAX_PIECE_BYTES } from './limits.ts';
import type { TrackConfig, TrackSample } from './track.ts';
import { addClock, TS_START_MS } from './ts-clock.ts';

type Bunny = typeof import('mediabunny');

/** `ts` is MPEG-TS, `fmp4` fragmented MP4 as CMAF has it. */
export type Container = 'ts' | 'fmp4';

/** What was muxed between two cuts. A piece of MPEG-TS is a whole stream; pieces of MP4 follow `init`. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The head of an MP4 file (`ftyp`, `moov`), with the first piece alone. */
  readonly init: Uint8Array | undefined;
  /** First and last presentation time, in milliseconds on the stream's time line; the end is that of the last sample. */
  readonly startMs: number;
  readonly endMs: number;
}

/** How a track's samples follow each other. */
interface Course {
  readonly track: TrackConfig;
  lastDtsMs: number | undefined;
  /** Between the last two samples: the best guess for how long the next one lasts. */
  stepMs: number;
  /** Latest presentation so far, and before the last keyframe: nothing may be presented before that. */
  latestMs: number;
  floorMs: number;
}

interface OpenPiece {
  readonly output: Output;
  readonly bytes: () => Uint8Array;
  readonly init: () => Uint8Array;
  readonly add: (course: Course, sample: TrackSample, timeMs: number, durationMs: number) => Promise<void>;
  /** Presentation times by picture track, in the order of decoding: for MPEG-TS. */
  readonly presentations: Map<TrackConfig, number[]>;
  size: number;
  startMs: number;
  endMs: number;
  failed: Error | undefined;
}

const TS_CODECS: ReadonlySet<string> = new Set(['avc', 'hevc', 'aac', 'mp3', 'ac3', 'eac3']);

/** True if the container can have such a track. */
export function canHold(container: Container, track: TrackConfig): boolean {
  if (container === 'fmp4') return true;
  if (!TS_CODECS.has(track.codec)) return false;
  const { description } = track.decoderConfig;
  return track.codec !== 'aac' || (description !== undefined && readAacConfig(description)?.adts === true);
}

/** A muxer for these tracks, all of which the container can hold. Times in what it makes begin to count at `originMs`. */
export async function openMuxer(
  container: Container,
  tracks: readonly TrackConfig[],
  originMs = 0,
): Promise<Muxer> {
  return new Muxer(await import('mediabunny'), container, tracks, originMs);
}

/** Makes pieces of a file from the samples of a programme, by means of mediabunny. */
export class Muxer {
  readonly #bunny: Bunny;
  readonly #container: Container;
  readonly #originMs: number;
  readonly #courses: ReadonlyMap<TrackConfig, Course>;
  #piece: OpenPiece | undefined;
  #initGiven = false;

  constructor(bunny: Bunny, container: Container, tracks: readonly TrackConfig[], originMs: number) {
    this.#bunny = bunny;
    this.#container = container;
    this.#originMs = originMs;
    this.#courses = new Map(tracks.map((track) => [track, newCourse(track)]));
  }

  /** Bytes of samples since the last cut. */
  get size(): number {
    return this.#piece?.size ?? 0;
  }

  /**
   * Takes a sample, in the order of decoding; the data is used until the next cut has been made. A piece begins with a
   * keyframe of each picture. False if the sample is left out: its track is none of the muxer's, or the piece is full.
   */
  add(sample: TrackSample): boolean {
    const course = this.#courses.get(sample.track);
    if (!course || this.size + sample.data.length > MAX_PIECE_BYTES) return false;
    this.#piece ??= this.#open();
    const piece = this.#piece;
    const durationMs = stepOn(course, sample);
    const presentedMs = present(course, sample, this.#container);
    piece.size += sample.data.length;
    piece.startMs = Math.min(piece.startMs, presentedMs);
    piece.endMs = Math.max(piece.endMs, presentedMs + durationMs);
    let timeMs = presentedMs;
    if (this.#container === 'ts') {
      // mediabunny makes decoding times up, which are later than some presentations; it gets the true ones instead.
      timeMs = sample.dtsMs;
      if (sample.track.kind === 'video') {
        const list = piece.presentations.get(sample.track) ?? [];
        list.push(this.#place(presentedMs));
        piece.presentations.set(sample.track, list);
      }
    }
    piece.add(course, sample, this.#place(timeMs), durationMs).catch((error: Error) => {
      piece.failed ??= error;
    });
    return true;
  }

  /** Ends the piece and makes it; samples that come meanwhile are the next one's. Undefined if there were none. */
  async cut(): Promise<Piece | undefined> {
    const piece = this.#piece;
    this.#piece = undefined;
    if (!piece) return undefined;
    const init = this.#container === 'fmp4' && !this.#initGiven;
    this.#initGiven = true;
    await piece.output.finalize();
    if (piece.failed) throw piece.failed;
    const muxed = piece.bytes();
    return {
      bytes: this.#container === 'ts' ? addClock(muxed, [...piece.presentations.values()]) : muxed,
      init: init ? piece.init() : undefined,
      startMs: piece.startMs,
      endMs: piece.endMs,
    };
  }

  #place(timeMs: number): number {
    return Math.max(0, timeMs - this.#originMs) + (this.#container === 'ts' ? TS_START_MS : 0);
  }

  #open(): OpenPiece {
    const { BufferTarget, CmafOutputFormat, MpegTsOutputFormat, Output } = this.#bunny;
    const target = new BufferTarget();
    const initTarget = new BufferTarget();
    const format = this.#container === 'ts' ? new MpegTsOutputFormat() : new CmafOutputFormat();
    const output = new Output({ format, target, initTarget });
    const adders = new Map(
      [...this.#courses.values()].map((course) => [course, this.#connect(output, course.track)]),
    );
    const piece: OpenPiece = {
      output,
      bytes: () => new Uint8Array(target.buffer ?? new ArrayBuffer(0)),
      init: () => new Uint8Array(initTarget.buffer ?? new ArrayBuffer(0)),
      add: async (course, sample, timeMs, durationMs) => adders.get(course)?.(sample, timeMs, durationMs),
      presentations: new Map(),
      size: 0,
      startMs: Number.POSITIVE_INFINITY,
      endMs: 0,
      failed: undefined,
    };
    output.start().catch((error: Error) => {
      piece.failed ??= error;
    });
    return piece;
  }

  /** Adds a track to the output and returns what adds samples to it. */
  #connect(
    output: Output,
    track: TrackConfig,
  ): (sample: TrackSample, timeMs: number, durationMs: number) => Promise<void> {
    const { EncodedAudioPacketSource, EncodedPacket, EncodedVideoPacketSource } = this.#bunny;
    const packet = ({ data, keyframe }: TrackSample, timeMs: number, durationMs: number) =>
      new EncodedPacket(data, keyframe ? 'key' : 'delta', timeMs / 1000, durationMs / 1000);
    // AC-3 is described by its first frame; the others' tracks are there even if a piece has no sample of them.
    const known = track.codec !== 'ac3' && track.codec !== 'eac3';
    if (track.kind === 'video') {
      const source = new EncodedVideoPacketSource(track.codec);
      const metadata: VideoTrackMetadata = { decoderConfig: track.decoderConfig };
      output.addVideoTrack(source, metadata);
      return (sample, timeMs, durationMs) =>
        source.add(packet(sample, timeMs, durationMs), { decoderConfig: track.decoderConfig });
    }
    const source = new EncodedAudioPacketSource(track.codec);
    const metadata: AudioTrackMetadata = known ? { decoderConfig: track.decoderConfig } : {};
    output.addAudioTrack(source, metadata);
    return (sample, timeMs, durationMs) =>
      source.add(packet(sample, timeMs, durationMs), { decoderConfig: track.decoderConfig });
  }
}

function newCourse(track: TrackConfig): Course {
  return { track, lastDtsMs: undefined, stepMs: 0, latestMs: 0, floorMs: 0 };
}

/** Goes on to the next sample and guesses how long it lasts, in milliseconds. */
function stepOn(course: Course, { dtsMs }: TrackSample): number {
  if (course.lastDtsMs !== undefined) course.stepMs = Math.max(0, dtsMs - course.lastDtsMs);
  course.lastDtsMs = dtsMs;
  return course.stepMs;
}

/** When the sample is presented: what a publisher says, where it makes sense. */
function present(course: Course, { keyframe, dtsMs, ptsMs }: TrackSample, container: Container): number {
  if (keyframe) course.floorMs = course.latestMs;
  const earliest = container === 'ts' ? dtsMs : course.floorMs;
  const presentedMs = Math.max(ptsMs, earliest);
  course.latestMs = Math.max(course.latestMs, presentedMs);
  return presentedMs;
}
