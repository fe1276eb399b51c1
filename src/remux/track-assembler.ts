import type { MediaPacket } from '../model/media.ts';
import type { TrackConfig, TrackEvent, TrackSample } from './track.ts';
import { TrackReader } from './track-reader.ts';

/** Samples that wait for it. */
const MAX_HELD_SAMPLES = 2_000;

/** Bytes of samples that wait for a publish to show which tracks it has. */
const MAX_HELD_BYTES: number = 8 * 1024 * 1024;

/** Time in which a publish shows its second kind of track, in milliseconds of its media. */
const PATIENCE_MS = 1_000;

/** Video that stays away for so long while audio goes on is gone, in milliseconds: nothing waits for its keyframes. */
const ABSENCE_MS = 20_000;

/** More than any track id. */
const SOUND_LAST = 256;

/** Takes a publish as a container wants it. */
export interface TrackConsumer {
  /** Begins with these tracks, at least one, the main video track first; a file or a segment with others ends here. */
  beginTracks(tracks: readonly TrackConfig[]): void;
  /** A sample of one of them, in the order of decoding. The first one of a picture is a keyframe. */
  sample(sample: TrackSample): void;
}

/** A track that there is, and when its last sample was, or what came first after its configuration. */
interface Known {
  readonly track: TrackConfig;
  lastMs: number | undefined;
}

/** Wait of the first samples until there is video and audio, or it has taken too long. */
interface Held {
  readonly samples: TrackSample[];
  bytes: number;
}

/**
 * A publish as a row of programmes: the tracks that there are at the same time, then their samples. Containers have to
 * know all tracks at their beginning, which RTMP does not say. A track that is new or has another configuration waits for
 * the main video track's next keyframe, so that no other one gets a hole. Video that stops while audio goes on is no track
 * until it comes back.
 */
export class TrackAssembler {
  readonly #consumer: TrackConsumer;
  readonly #reader: TrackReader;
  /** By kind and track id: what is known. */
  readonly #known = new Map<string, Known>();
  /** Tracks that were last begun with, and the video tracks among them that have had their keyframe. */
  #tracks: ReadonlySet<TrackConfig> = new Set();
  readonly #shown = new Set<TrackConfig>();
  #held: Held | undefined = { samples: [], bytes: 0 };
  #changed = false;

  /** `leftOut` hears what is in no track: see {@link TrackReader}. */
  constructor(consumer: TrackConsumer, leftOut?: (what: string) => void) {
    this.#consumer = consumer;
    this.#reader = new TrackReader(leftOut);
  }

  /** Takes the next packet of the publish. Throws only what the consumer throws. */
  write(packet: MediaPacket): void {
    for (const event of this.#reader.read(packet)) this.#addEvent(event);
  }

  /** The publish has ended: gives out what was still held. */
  end(): void {
    if (this.#held) this.#release(this.#held, false);
  }

  #addEvent(event: TrackEvent): void {
    if (event.type === 'config') {
      this.#know(event.track, undefined);
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
    const full = held.bytes > MAX_HELD_BYTES || held.samples.length >= MAX_HELD_SAMPLES;
    if (complete || late || full) this.#release(held, complete);
  }

  /** Begins at last. What was announced and is not there after all that time is not waited for. */
  #release({ samples }: Held, complete: boolean): void {
    this.#held = undefined;
    if (!complete) this.#known.clear();
    for (const { track } of samples) this.#note(track, undefined);
    for (const sample of samples) this.#give(sample);
  }

  #give(sample: TrackSample): void {
    const { track, keyframe, dtsMs } = sample;
    this.#note(track, dtsMs);
    if (this.#changed && this.#isTurn(sample)) this.#beginTracks();
    if (!this.#tracks.has(track)) return;
    if (track.kind === 'video' && !this.#shown.has(track)) {
      if (!keyframe) return;
      this.#shown.add(track);
    }
    this.#consumer.sample(sample);
  }

  /** Takes note of a sample: its track is there, and a picture that was long ago is not. */
  #note(track: TrackConfig, dtsMs: number | undefined): void {
    const known = this.#known.get(nameOf(track));
    if (known?.track === track) known.lastMs = dtsMs;
    else this.#know(track, dtsMs);
    if (track.kind === 'video' || dtsMs === undefined) return;
    for (const [name, other] of this.#known) {
      other.lastMs ??= dtsMs;
      if (other.track.kind !== 'video' || dtsMs - other.lastMs <= ABSENCE_MS) continue;
      this.#known.delete(name);
      this.#changed = true;
    }
  }

  #know(track: TrackConfig, lastMs: number | undefined): void {
    this.#known.set(nameOf(track), { track, lastMs });
    this.#changed = true;
  }

  /** At the main video track's keyframe; without video at once. */
  #isTurn({ track, keyframe }: TrackSample): boolean {
    const [main] = this.#all();
    return main?.kind !== 'video' || (keyframe && track === main);
  }

  #beginTracks(): void {
    this.#changed = false;
    this.#shown.clear();
    const tracks = this.#all();
    this.#tracks = new Set(tracks);
    this.#consumer.beginTracks(tracks);
  }

  /** The main video track first, audio behind video. */
  #all(): TrackConfig[] {
    const order = ({ kind, trackId }: TrackConfig) => trackId + (kind === 'video' ? 0 : SOUND_LAST);
    return [...this.#known.values()].map(({ track }) => track).sort((a, b) => order(a) - order(b));
  }
}

function nameOf({ kind, trackId }: TrackConfig): string {
  return `${kind}:${trackId}`;
}
