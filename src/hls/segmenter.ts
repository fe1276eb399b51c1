import type { MediaPacket, MediaTap } from '../model/media.ts';
import type { HlsOptions } from '../model/options.ts';
import { type Container, canHold, type Muxer } from '../remux/muxer.ts';
import type { TrackConfig, TrackSample } from '../remux/track.ts';
import { TrackAssembler, type TrackConsumer } from '../remux/track-assembler.ts';
import type { FreshSegment } from './live-playlist.ts';
import type { Variant } from './playlist.ts';

/** A jump of a stream's time from which on segments do not continue each other, in milliseconds. */
const JUMP_MS = 5_000;

/** By how much a keyframe may come too early to end a segment still, in milliseconds: clocks of publishers are not exact. */
const EARLY_MS = 100;

/** Segments without a keyframe are cut no sooner than this, in milliseconds: many encoders send one in ten seconds alone. */
const HARD_CUT_MS = 20_000;

/** Bytes of one segment; over it the segment is cut where it is. */
const MAX_SEGMENT_BYTES: number = 32 * 1024 * 1024;

/** At least this is between two publishes, in milliseconds: the last audio lasts that long at most. */
const SEAM_MS = 100;

/** Dependencies of a segmenter. */
export interface SegmenterDeps {
  readonly options: Pick<HlsOptions, 'format' | 'fragmentMs' | 'aofRatio' | 'waitKeyframe'>;
  readonly newMuxer: (container: Container, tracks: readonly TrackConfig[], originMs: number) => Muxer;
  /** End of the segments of earlier publishes of the stream: times go on from there. */
  readonly timeline: { endMs: number };
  /** Takes a segment that is being made of so many bytes of media, in their order; returns at once. */
  readonly addSegment: (making: Promise<FreshSegment | undefined>, bytes: number) => void;
  /** Hears, once each, of what is in no segment. */
  readonly leftOut: (what: string) => void;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

/** The segment that is being filled. */
interface Filling {
  /** Time of its first sample of the leading track. */
  readonly startMs: number;
  readonly at: number;
  readonly discontinuity: boolean;
  lastMs: number;
  /** Between the last two samples of the leading track. */
  stepMs: number;
}

/** The tracks of this moment and what muxes them. */
interface Part {
  /** Undefined until there is a sample. */
  readonly muxer: Muxer | undefined;
  readonly tracks: readonly TrackConfig[];
  /** The one whose keyframes end segments. */
  readonly leading: TrackConfig;
  /** Wall clock less stream time, in milliseconds. */
  readonly offsetMs: number;
}

/** Cuts one publish into segments. */
export class Segmenter implements MediaTap, TrackConsumer {
  readonly #deps: SegmenterDeps;
  readonly #assembler: TrackAssembler;
  #part: Part | undefined;
  #filling: Filling | undefined;
  /** Difference of the publish's times and those in segments, in milliseconds; known with its first sample. */
  #originMs: number | undefined;
  /** Time of the latest sample. */
  #reachedMs = 0;
  /** True if what comes next does not continue what was. */
  #broken = true;

  constructor(deps: SegmenterDeps) {
    this.#deps = deps;
    this.#assembler = new TrackAssembler(this, deps.leftOut);
  }

  /** Takes the next packet of the publish. */
  write(packet: MediaPacket): void {
    this.#assembler.write(packet);
  }

  /** The publish has ended: what there is becomes the last segment. */
  end(): void {
    this.#assembler.end();
    this.#cut();
  }

  /** Begins a part with these tracks. */
  beginTracks(all: readonly TrackConfig[]): void {
    this.#cut();
    this.#broken = true;
    this.#part = undefined;
    const { options, leftOut } = this.#deps;
    const tracks: TrackConfig[] = [];
    for (const track of [...all].sort((a, b) => a.trackId - b.trackId)) {
      if (!canHold(options.format, track))
        leftOut(`${track.codec}, which ${NAMES[options.format]} cannot hold`);
      else if (tracks.some(({ kind }) => kind === track.kind))
        leftOut(`${track.kind} tracks beside the first one`);
      else tracks.push(track);
    }
    const leading = tracks.find(({ kind }) => kind === 'video') ?? tracks[0];
    if (!leading) return;
    this.#part = { muxer: undefined, tracks, leading, offsetMs: Number.NaN };
  }

  /** Takes a sample of one of the tracks. */
  sample(sample: TrackSample): void {
    const part = this.#part;
    if (!part?.tracks.includes(sample.track)) return;
    this.#reachedMs = Math.max(this.#reachedMs, sample.dtsMs);
    if (sample.track !== part.leading) {
      // Audio that comes before the first video frame has nothing to go with.
      if (this.#filling) part.muxer?.add(sample);
      return;
    }
    const cut = this.#filling && this.#isDue(sample, this.#filling);
    if (cut) this.#cut(cut === 'jump' ? undefined : sample.dtsMs);
    if (cut === 'jump') this.#broken = true;
    if (!this.#filling) {
      if (this.#broken && !sample.keyframe) return;
      this.#filling = this.#startAt(sample, part);
      // Without a keyframe the container has to be told that there is one.
      this.#part?.muxer?.add(sample.keyframe ? sample : { ...sample, keyframe: true });
      return;
    }
    this.#filling.stepMs = sample.dtsMs - this.#filling.lastMs;
    this.#filling.lastMs = sample.dtsMs;
    part.muxer?.add(sample);
  }

  #isDue({ dtsMs, keyframe, track }: TrackSample, { startMs, lastMs }: Filling): 'cut' | 'jump' | undefined {
    const { fragmentMs, aofRatio, waitKeyframe } = this.#deps.options;
    if (dtsMs - lastMs > JUMP_MS) return 'jump';
    const lengthMs = dtsMs - startMs;
    const isHard = lengthMs >= Math.max(fragmentMs * aofRatio, HARD_CUT_MS);
    const isPlace = (keyframe && (track.kind === 'audio' || lengthMs > 0)) || !waitKeyframe;
    if (isPlace && lengthMs >= fragmentMs - EARLY_MS) return 'cut';
    return isHard || (this.#part?.muxer?.size ?? 0) > MAX_SEGMENT_BYTES ? 'cut' : undefined;
  }

  #startAt({ dtsMs }: TrackSample, part: Part): Filling {
    const discontinuity = this.#broken;
    const { options, newMuxer, now, timeline } = this.#deps;
    this.#originMs ??= dtsMs - timeline.endMs;
    const muxer = part.muxer ?? newMuxer(options.format, part.tracks, this.#originMs);
    const offsetMs = discontinuity ? now() - dtsMs : part.offsetMs;
    this.#part = { ...part, muxer, offsetMs };
    this.#broken = false;
    return { startMs: dtsMs, at: dtsMs + offsetMs, discontinuity, lastMs: dtsMs, stepMs: 0 };
  }

  /** Ends the segment; `nextMs` is when the next one starts, if it continues this one. */
  #cut(nextMs?: number): void {
    const [part, filling] = [this.#part, this.#filling];
    this.#filling = undefined;
    if (!part?.muxer || !filling) return;
    const { startMs, lastMs, stepMs, at, discontinuity } = filling;
    const durationMs = Math.max(1, (nextMs ?? lastMs + stepMs) - startMs);
    const { timeline } = this.#deps;
    const endMs = Math.max(startMs + durationMs, this.#reachedMs + SEAM_MS);
    timeline.endMs = Math.max(timeline.endMs, endMs - (this.#originMs ?? 0));
    const { size } = part.muxer;
    const making = part.muxer.cut().then(
      (piece): FreshSegment | undefined =>
        piece && {
          bytes: bufferOf(piece.bytes),
          init: piece.init && bufferOf(piece.init),
          durationMs,
          at,
          discontinuity,
          identity: identityOf(part.tracks),
          tracks: { codecs: codecNames(part.tracks), resolution: resolutionOf(part.tracks) },
        },
    );
    this.#deps.addSegment(making, size);
  }
}

const NAMES: Readonly<Record<Container, string>> = { ts: 'MPEG-TS', fmp4: 'fragmented MP4' };

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** The codecs of tracks as playlists name them (RFC 6381). */
export function codecNames(tracks: readonly TrackConfig[]): readonly string[] {
  // WebCodecs has a name in small letters for the one that MP4 does not.
  return tracks.map(({ decoderConfig }) => (decoderConfig.codec === 'opus' ? 'Opus' : decoderConfig.codec));
}

/** Size of the first video track. */
export function resolutionOf(tracks: readonly TrackConfig[]): Variant['resolution'] {
  for (const track of tracks) {
    if (track.kind !== 'video') continue;
    const { codedWidth: width, codedHeight: height } = track.decoderConfig;
    return width > 0 && height > 0 ? { width, height } : undefined;
  }
  return undefined;
}

/** The same for tracks that need the same before their first segment. */
export function identityOf(tracks: readonly TrackConfig[]): string {
  return JSON.stringify(
    tracks.map(({ codec, decoderConfig: { description, ...config } }) => [
      codec,
      config,
      Buffer.from(description ?? []).toString('base64'),
    ]),
  );
}
