import type { Clock } from '../model/clock.ts';
import type { RecordingEnd } from '../model/events.ts';
import type { MediaPacket, MediaTap } from '../model/media.ts';
import type { Mediabunny } from '../remux/load-mediabunny.ts';
import { Muxer, type Piece } from '../remux/muxer.ts';
import type { TrackConfig, TrackSample } from '../remux/track.ts';
import { TrackAssembler, type TrackConsumer } from '../remux/track-assembler.ts';
import type { FileSequence } from './file-sequence.ts';
import type { OpenFile } from './open-file.ts';

/**
 * A queue for work that takes milliseconds: each piece of it gets a turn of the event loop of its own, so that however
 * many streams have something to mux at the same moment, media goes on in between.
 */
export class Turns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Settles when it is the caller's turn. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => this.#clock.endOfTurn(resolve)));
    return this.#last;
  }
}

/** Bytes of a fragment of MP4, which waits in memory; over it the fragment ends without a keyframe. */
const MAX_FRAGMENT_BYTES: number = 16 * 1024 * 1024;

/** A fragment is at least this long, in milliseconds, and ends at the next keyframe: what a crash may lose. */
const FRAGMENT_MS = 2_000;

/** A file while it is written. */
interface Mp4File {
  readonly file: OpenFile;
  readonly muxer: Muxer;
  /** On the stream's time line, in milliseconds: where the file begins, and its last fragment. */
  readonly startMs: number;
  fragmentMs: number;
  endMs: number;
  /** Settles when the fragments so far are appended. */
  appended: Promise<void>;
}

/** Reports of media that does not get into the file. */
export interface Mp4Log {
  leftOut(what: string): void;
  lost(error: unknown): void;
}

/** Records a publish as fragmented MP4. A change of the tracks begins another file. */
export class Mp4Recording implements MediaTap, TrackConsumer {
  readonly #row: FileSequence;
  readonly #bunny: Mediabunny;
  readonly #turns: Turns;
  readonly #log: Mp4Log;
  readonly #assembler: TrackAssembler;
  #tracks: readonly TrackConfig[] = [];
  #main: TrackConfig | undefined;
  #open: Mp4File | undefined;

  constructor(row: FileSequence, bunny: Mediabunny, turns: Turns, log: Mp4Log) {
    this.#row = row;
    this.#bunny = bunny;
    this.#turns = turns;
    this.#log = log;
    this.#assembler = new TrackAssembler(this, (what) => log.leftOut(what));
  }

  write(packet: MediaPacket): void {
    this.#assembler.write(packet);
  }

  end(): void {
    this.#assembler.end();
    this.#end('unpublish');
  }

  beginTracks(tracks: readonly TrackConfig[]): void {
    this.#end('codec_change');
    this.#tracks = tracks;
    [this.#main] = tracks;
  }

  sample(sample: TrackSample): void {
    if (this.#open && this.#row.failed) this.#end('unpublish');
    if (sample.track === this.#main && sample.keyframe) this.#turn(sample);
    else if (this.#open && this.#open.muxer.size > MAX_FRAGMENT_BYTES) this.#cut(this.#open);
    this.#open?.muxer.add(sample);
  }

  /** Here a fragment can end, or a file. */
  #turn({ dtsMs }: TrackSample): void {
    const { plan, durationMs } = this.#row.options;
    if (this.#open && plan === 'segment' && dtsMs - this.#open.startMs >= durationMs) this.#end('segment');
    else if (this.#open && dtsMs - this.#open.fragmentMs >= FRAGMENT_MS) {
      this.#cut(this.#open);
      this.#open.fragmentMs = dtsMs;
    }
    this.#open ??= this.#beginFile(dtsMs);
  }

  #beginFile(startMs: number): Mp4File | undefined {
    const file = this.#row.ready ? this.#row.beginFile() : undefined;
    if (!file) return undefined;
    const muxer = new Muxer(this.#bunny, 'fmp4', this.#tracks, startMs);
    return { file, muxer, startMs, fragmentMs: startMs, endMs: startMs, appended: Promise.resolve() };
  }

  /** Fragments are made in the background and appended in their order. */
  #cut(open: Mp4File): void {
    const making = open.muxer.cut(this.#turns.next()).catch((error: unknown) => {
      this.#log.lost(error);
      return undefined;
    });
    open.appended = open.appended.then(async () => append(open, await making));
  }

  #end(reason: RecordingEnd): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    this.#cut(open);
    const facts = () => ({ durationMs: Math.round(open.endMs - open.startMs), bytes: open.file.length });
    this.#row.endFile(reason, async () => facts(), open.appended);
  }
}

function append(open: Mp4File, piece: Piece | undefined): void {
  if (!piece) return;
  for (const bytes of [piece.init, piece.bytes]) {
    if (bytes) open.file.append(bytes.length, (target, offset) => target.set(bytes, offset));
  }
  open.endMs = Math.max(open.endMs, piece.endMs);
}
