import type { EncodedPacket, Output } from 'mediabunny';
import { readAacConfig } from '../protocol/codec/aac.ts';
import type { Mediabunny } from './load-mediabunny.ts';
import type { TrackConfig, TrackSample } from './track.ts';
import { addClock, TS_START_MS } from './ts-clock.ts';

/** Bytes of samples that one piece of a file may have; what is beyond is left out, so a piece has to be cut before. */
const MAX_PIECE_BYTES: number = 64 * 1024 * 1024;

/** `ts` is MPEG-TS, `fmp4` fragmented MP4 as CMAF has it. */
export type Container = 'ts' | 'fmp4';

/** Media that was muxed between two cuts. A piece of MPEG-TS plays by itself and goes on where the one before ended;
 * one of MP4 is a fragment (`moof`, `mdat`) behind `init`. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** The head of an MP4 file (`ftyp`, `moov`), with the first piece alone. */
  readonly init: Uint8Array | undefined;
  /** First and last presentation time, in milliseconds on the stream's time line; the end is that of the last sample. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Timing of a track's samples. */
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
  /** Tracks that have had a sample. */
  readonly begun: Set<Course>;
  readonly output: Output;
  readonly bytes: () => Uint8Array;
  readonly init: () => Uint8Array;
  readonly add: (course: Course, packet: EncodedPacket) => Promise<void>;
  /** Presentation times by video track, in the order of decoding: for MPEG-TS. */
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

/** Makes pieces of a file from the samples of a track assembler, by means of mediabunny. */
export class Muxer {
  readonly #bunny: Mediabunny;
  readonly #container: Container;
  readonly #originMs: number;
  readonly #courses: ReadonlyMap<TrackConfig, Course>;
  #piece: OpenPiece | undefined;
  #pieces = 0;
  readonly #counters = new TsCounters();
  /** Settles when all pieces so far have been made. */
  #before: Promise<unknown> = Promise.resolve();

  /** The container can hold each of the `tracks`. Times in what it makes begin to count at `originMs`. */
  constructor(bunny: Mediabunny, container: Container, tracks: readonly TrackConfig[], originMs: number) {
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
   * Takes a sample, in the order of decoding; the data is used until the next cut has been made. The first video frame of a
   * piece should be a keyframe: if it is not, the piece says so all the same, as mediabunny knows no other pieces. False if the sample is left out: its track is none of the muxer's, or the piece is full.
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
    const type = sample.keyframe || !piece.begun.has(course) ? 'key' : 'delta';
    piece.begun.add(course);
    const packet = new this.#bunny.EncodedPacket(
      sample.data,
      type,
      this.#place(timeMs) / 1000,
      durationMs / 1000,
    );
    piece.add(course, packet).catch((error: Error) => {
      piece.failed ??= error;
    });
    return true;
  }

  /**
   * Ends the piece and makes it, when `turn` has settled; samples that come meanwhile are the next one's. Undefined if
   * there were none.
   */
  async cut(turn?: Promise<void>): Promise<Piece | undefined> {
    const piece = this.#piece;
    this.#piece = undefined;
    if (!piece) return undefined;
    this.#pieces += 1;
    const number = this.#pieces;
    const making = this.#make(piece, number, this.#before, turn);
    this.#before = making.catch(() => undefined);
    return making;
  }

  /** `before` settles when the piece before this one has been made. */
  async #make(
    piece: OpenPiece,
    number: number,
    before: Promise<unknown>,
    turn: Promise<void> | undefined,
  ): Promise<Piece> {
    await turn;
    await piece.output.finalize();
    if (piece.failed) throw piece.failed;
    const { startMs, endMs } = piece;
    if (this.#container === 'ts') {
      const bytes = addClock(piece.bytes(), [...piece.presentations.values()], number === 1);
      await before;
      this.#counters.goOn(bytes);
      return { bytes, init: undefined, startMs, endMs };
    }
    const init = number === 1 ? piece.init() : undefined;
    return { bytes: fragmentOf(piece.bytes(), number), init, startMs, endMs };
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
      begun: new Set(),
      output,
      bytes: () => new Uint8Array(target.buffer ?? new ArrayBuffer(0)),
      init: () => new Uint8Array(initTarget.buffer ?? new ArrayBuffer(0)),
      add: async (course, packet) => adders.get(course)?.(packet),
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

  /** Adds a track to the output, which knows it even if the piece has no sample of it; returns what adds samples. */
  #connect(output: Output, track: TrackConfig): (packet: EncodedPacket) => Promise<void> {
    const { EncodedAudioPacketSource, EncodedPacket, EncodedVideoPacketSource } = this.#bunny;
    if (track.kind === 'video') {
      const { decoderConfig } = track;
      const source = new EncodedVideoPacketSource(track.codec);
      output.addVideoTrack(source, { decoderConfig });
      return (packet) => source.add(packet, { decoderConfig });
    }
    const { decoderConfig, frame } = track;
    const source = new EncodedAudioPacketSource(track.codec);
    const primer = frame && { primingPacket: new EncodedPacket(frame, 'key', 0, 0) };
    output.addAudioTrack(source, { decoderConfig, ...primer });
    return (packet) => source.add(packet, { decoderConfig });
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

/** Presentation time of a sample: the publisher's, where it makes sense. */
function present(course: Course, { keyframe, dtsMs, ptsMs }: TrackSample, container: Container): number {
  if (keyframe) course.floorMs = course.latestMs;
  const earliest = container === 'ts' ? dtsMs : course.floorMs;
  const presentedMs = Math.max(ptsMs, earliest);
  course.latestMs = Math.max(course.latestMs, presentedMs);
  return presentedMs;
}

/** Offset of the sequence number in a `moof`: two box headers, then version and flags of `mfhd` (ISO 14496-12 8.8.5). */
const SEQUENCE_NUMBER = 20;
const BOX_HEADER = 8;

/**
 * The fragment of a CMAF segment of mediabunny's, from its `moof` on, with its number in the row. What is before that
 * (`styp`, `sidx`) speaks of the segment alone, and so is wrong where several make a file. `RangeError` if it has none.
 */
export function fragmentOf(segment: Uint8Array, number: number): Uint8Array {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  let at = 0;
  while (view.getUint32(at + 4) !== 0x6d6f6f66) at += Math.max(view.getUint32(at), BOX_HEADER);
  view.setUint32(at + SEQUENCE_NUMBER, number);
  return segment.subarray(at);
}

const PACKET_BYTES = 188;

/** Numbers the packets of one transport stream that is made in pieces (continuity_counter, ISO 13818-1 2.4.3.3). */
export class TsCounters {
  /** The number given out last, by PID. */
  readonly #last = new Map<number, number>();

  /** Numbers the packets of the next piece, in place, so that they go on where the piece before ended. */
  goOn(piece: Uint8Array): void {
    for (let at = 0; at + PACKET_BYTES <= piece.length; at += PACKET_BYTES) {
      const pid = (((piece[at + 1] as number) & 0x1f) << 8) | (piece[at + 2] as number);
      const flags = piece[at + 3] as number;
      const hasPayload = (flags & 0x10) !== 0;
      const hasAdaptation = (flags & 0x20) !== 0 && piece[at + 4] !== 0;
      const last = this.#last.get(pid);
      // A packet without payload has the number of the one before it.
      const number = ((last ?? 15) + (hasPayload ? 1 : 0)) & 0x0f;
      piece[at + 3] = (flags & 0xf0) | number;
      // A continued track is no discontinuity, as the muxer may say at the beginning of each piece.
      if (hasAdaptation && last !== undefined) piece[at + 5] = (piece[at + 5] as number) & 0x7f;
      this.#last.set(pid, number);
    }
  }
}
