import type { AdmittedPlayer } from '../clients/admit-player.ts';
import type { GrantLimits } from '../clients/grant-limits.ts';
import type { CloseReason } from '../model/events.ts';
import type { MediaPacket } from '../model/media.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { chunkedSize, writeChunked } from '../protocol/rtmp/chunk-encoder.ts';
import { CSID, MESSAGE_TYPE } from '../protocol/rtmp/message.ts';
import type { Hub } from '../streams/hub.ts';
import type { Subscription } from '../streams/live-stream.ts';
import type { Serializer, Sink } from '../streams/sink.ts';
import type { Connection } from './connection.ts';

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

  constructor(parts: {
    hub: Hub;
    connection: Connection;
    admitted: AdmittedPlayer;
    streamId: number;
    onEnd: (reason: CloseReason) => void;
    /** The stream's publisher has left, and none has come in time. */
    onOver: () => void;
  }) {
    this.key = parts.admitted.key;
    this.limits = parts.admitted.limits;
    this.#hub = parts.hub;
    this.#connection = parts.connection;
    this.#admitted = parts.admitted;
    this.#streamId = parts.streamId;
    this.#onEnd = parts.onEnd;
    this.#onOver = parts.onOver;
  }

  /** Times that this player was too slow and was moved to a later keyframe. */
  get skips(): number {
    return this.#skips + (this.#subscription?.skips ?? 0);
  }

  /** Subscribes to the stream; from here on bytes flow. */
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

  /** Unsubscribes for a pause; `start` subscribes again at the newest keyframe. */
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

/** Form of the bytes for an RTMP player. Players with the same one share their bytes. */
interface RtmpFormat {
  readonly chunkSize: number;
  readonly streamId: number;
  /** False leaves audio out (`receiveAudio false`). */
  readonly audio: boolean;
  /** False leaves video out (`receiveVideo false`). */
  readonly video: boolean;
}

const HEADER = {
  audio: { csid: CSID.audio, type: MESSAGE_TYPE.audio },
  video: { csid: CSID.video, type: MESSAGE_TYPE.video },
  data: { csid: CSID.data, type: MESSAGE_TYPE.dataAmf0 },
} as const;

/** Chunks with absolute timestamps and full headers: the same bytes for every player of the format. */
function rtmpSerializer(format: RtmpFormat): Serializer {
  const { chunkSize, streamId } = format;
  const wanted = (packet: MediaPacket) => packet.kind === 'data' || format[packet.kind];
  return {
    id: `rtmp:${chunkSize}:${streamId}${format.audio ? '' : ':mute'}${format.video ? '' : ':blind'}`,
    size: (packet) => (wanted(packet) ? chunkedSize(packet.payload.length, packet.timestamp, chunkSize) : 0),
    write(target, offset, { kind, timestamp, payload }) {
      const { csid, type } = HEADER[kind];
      return writeChunked(target, offset, { csid, type, streamId, timestamp }, payload, chunkSize);
    },
  };
}
