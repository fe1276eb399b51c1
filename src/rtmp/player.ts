import type { AdmittedPlayer } from '../clients/admit-player.ts';
import type { GrantLimits } from '../clients/grant-limits.ts';
import type { CloseReason } from '../model/events.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub } from '../streams/hub.ts';
import type { Subscription } from '../streams/live-stream.ts';
import type { Sink } from '../streams/sink.ts';
import type { Connection } from './connection.ts';
import { rtmpSerializer } from './rtmp-serializer.ts';

/** The player at one message stream of a connection: what it gets of a live stream, and in which form. */
export class Player {
  readonly role = 'playing';
  readonly key: StreamKey;
  readonly limits: GrantLimits | undefined;
  readonly #hub: Hub;
  readonly #connection: Connection;
  readonly #admitted: AdmittedPlayer;
  readonly #streamId: number;
  readonly #onEnd: (reason: CloseReason) => void;
  readonly #onOver: () => void;
  #subscription: Subscription | undefined;
  #audio = true;
  #video = true;
  #skips = 0;

  constructor(place: {
    hub: Hub;
    connection: Connection;
    admitted: AdmittedPlayer;
    streamId: number;
    onEnd: (reason: CloseReason) => void;
    /** The stream's publisher has left, and none has come in time. */
    onOver: () => void;
  }) {
    this.key = place.admitted.key;
    this.limits = place.admitted.limits;
    this.#hub = place.hub;
    this.#connection = place.connection;
    this.#admitted = place.admitted;
    this.#streamId = place.streamId;
    this.#onEnd = place.onEnd;
    this.#onOver = place.onOver;
  }

  /** How often this player was too slow and was taken to a later keyframe. */
  get skips(): number {
    return this.#skips + (this.#subscription?.skips ?? 0);
  }

  /** Takes a place in the stream; from here on bytes flow. */
  start(): void {
    if (this.#subscription) return;
    const connection = this.#connection;
    const { chunkSize } = connection;
    const sink: Sink = {
      serializer: rtmpSerializer({
        chunkSize,
        streamId: this.#streamId,
        audio: this.#audio,
        video: this.#video,
      }),
      get backlog() {
        return connection.backlog;
      },
      write: (bytes) => connection.write(bytes),
      drop: () => connection.close('slow', new Error('the player fell too far behind the stream')),
      end: this.#onOver,
    };
    connection.corked(() => {
      this.#subscription = this.#hub.subscribe(this.key, sink, this.#admitted.vhost.play);
    });
  }

  /** Gives up the place, for a pause; `start` takes a new one at the newest keyframe. */
  pause(): void {
    this.#skips = this.skips;
    this.#subscription?.close();
    this.#subscription = undefined;
  }

  /** Switches audio or video on or off (RTMP 7.2.2.4, 7.2.2.5). */
  receive(kind: 'audio' | 'video', wanted: boolean): void {
    if ((kind === 'audio' ? this.#audio : this.#video) === wanted) return;
    if (kind === 'audio') this.#audio = wanted;
    else this.#video = wanted;
    const before = this.#subscription;
    if (!before) return;
    this.#skips = this.skips;
    this.#subscription = undefined;
    this.start();
    // Only now: a stream must not seem to lose its last player.
    before.close();
  }

  end(reason: CloseReason): void {
    this.pause();
    this.#admitted.end(reason);
    this.#onEnd(reason);
  }
}
