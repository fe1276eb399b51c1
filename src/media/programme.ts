import type { MediaPacket } from '../model/media-packet.ts';
import { MAX_HELD_BYTES, MAX_HELD_SAMPLES } from './limits.ts';
import type { TrackConfig, TrackEvent, TrackSample } from './track.ts';
import { TrackReader } from './track-reader.ts';

/** How long a publish may take to show its second kind of track, in milliseconds of its media. */
const PATIENCE_MS = 1_000;

/** Takes a publish as a container wants it. */
export interface ProgrammeTaker {
  /** From here on there are these tracks, at least one; a file or a segment with others ends here. */
  begin(tracks: readonly TrackConfig[]): void;
  /** A sample of one of them, in the order of decoding. The first one of a picture is a keyframe. */
  sample(sample: TrackSample): void;
}

/** What the first samples wait for: that there is picture and sound, or that it has taken too long. */
interface Held {
  readonly samples: TrackSample[];
  bytes: number;
}

/**
 * A publish as a row of programmes: the tracks that there are at the same time, then their samples. Containers have to
 * know all tracks at their beginning, which RTMP does not say. A track that is new or has another configuration waits for
 * the main picture's next keyframe, so that no other one gets a hole.
 */
export class Programme {
  readonly #taker: ProgrammeTaker;
  readonly #reader: TrackReader;
  /** By kind and track id: what is known. */
  readonly #known = new Map<string, TrackConfig>();
  /** What was last begun with, and which of its pictures have had their keyframe. */
  #tracks: ReadonlySet<TrackConfig> = new Set();
  readonly #shown = new Set<TrackConfig>();
  #held: Held | undefined = { samples: [], bytes: 0 };
  #changed = false;

  /** `leftOut` hears what is in no track: see {@link TrackReader}. */
  constructor(taker: ProgrammeTaker, leftOut?: (what: string) => void) {
    this.#taker = taker;
    this.#reader = new TrackReader(leftOut);
  }

  /** Takes the next packet of the publish. Throws only what the taker throws. */
  write(packet: MediaPacket): void {
    for (const event of this.#reader.read(packet)) this.#take(event);
  }

  /** The publish has ended: gives out what was still held. */
  end(): void {
    this.#release();
  }

  #take(event: TrackEvent): void {
    if (event.type === 'config') {
      this.#known.set(`${event.track.kind}:${event.track.trackId}`, event.track);
      this.#changed = true;
      return;
    }
    if (this.#held) this.#hold(event.sample, this.#held);
    else this.#give(event.sample);
  }

  #hold(sample: TrackSample, held: Held): void {
    held.samples.push(sample);
    held.bytes += sample.data.length;
    const [first = sample] = held.samples;
    const complete = held.samples.some(({ track }) => track.kind !== first.track.kind);
    const late = sample.dtsMs - first.dtsMs >= PATIENCE_MS;
    if (complete || late || held.bytes > MAX_HELD_BYTES || held.samples.length >= MAX_HELD_SAMPLES)
      this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const sample of held?.samples ?? []) this.#give(sample);
  }

  #give(sample: TrackSample): void {
    if (this.#changed && this.#isTurn(sample)) this.#begin();
    const { track, keyframe } = sample;
    if (!this.#tracks.has(track)) return;
    if (track.kind === 'video' && !this.#shown.has(track)) {
      if (!keyframe) return;
      this.#shown.add(track);
    }
    this.#taker.sample(sample);
  }

  /** At the main picture's keyframe; without a picture at once. */
  #isTurn({ track, keyframe }: TrackSample): boolean {
    const pictures = [...this.#known.values()].filter(({ kind }) => kind === 'video');
    const [main] = pictures.sort((a, b) => a.trackId - b.trackId);
    return main === undefined || (keyframe && track === main);
  }

  #begin(): void {
    this.#changed = false;
    this.#shown.clear();
    const tracks = [...this.#known.values()];
    this.#tracks = new Set(tracks);
    this.#taker.begin(tracks);
  }
}
