import type { AdmittedPublisher } from '../clients/admit-publisher.ts';
import type { GrantLimits } from '../clients/grant-limits.ts';
import type { PlayerSlots } from '../clients/player-slots.ts';
import type { Clock } from '../model/clock.ts';
import type { CloseReason } from '../model/events.ts';
import type { PublishEnd } from '../model/media.ts';
import type { PublishOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { RtmpMessage } from '../protocol/rtmp/message.ts';
import type { Publication } from '../streams/hub.ts';
import { readMedia } from './read-media.ts';

/** The publisher at one message stream of a connection. */
export class Publisher {
  readonly role = 'publishing';
  readonly key: StreamKey;
  /** The stream's name as the client gave it: the backend may have given another one. */
  readonly asked: string;
  readonly limits: GrantLimits | undefined;
  readonly #admitted: AdmittedPublisher;
  readonly #publication: Publication;
  readonly #slots: PlayerSlots;
  readonly #options: PublishOptions;
  readonly #clock: Clock;
  readonly #onEnd: (reason: CloseReason) => void;
  #packets = 0;
  #lastMedia: number;
  #lastWatched: number;

  constructor(parts: {
    admitted: AdmittedPublisher;
    publication: Publication;
    /** Slots of all players, also of those that no fan-out of the hub reaches: viewers of HLS. */
    slots: PlayerSlots;
    clock: Clock;
    onEnd: (reason: CloseReason) => void;
  }) {
    this.key = parts.admitted.key;
    this.asked = parts.admitted.asked;
    this.limits = parts.admitted.limits;
    this.#admitted = parts.admitted;
    this.#publication = parts.publication;
    this.#slots = parts.slots;
    this.#options = parts.admitted.vhost.publish;
    this.#clock = parts.clock;
    this.#onEnd = parts.onEnd;
    this.#lastMedia = parts.clock.awake();
    this.#lastWatched = this.#lastMedia;
  }

  /** Takes a media message; anything else is nothing to a stream. */
  handleMedia(message: RtmpMessage): void {
    this.#packets += readMedia(message, this.#publication);
    this.#lastMedia = this.#clock.awake();
  }

  /** Milliseconds for which nothing that it may send would go anywhere. */
  get idleBudgetMs(): number {
    return this.#publication.idleBudgetMs;
  }

  /** Reason to close this publisher now, if there is one. */
  overdue(): string | undefined {
    const now = this.#clock.awake();
    const { firstPktTimeoutMs, normalTimeoutMs, kickoffForIdleMs } = this.#options;
    const timeoutMs = this.#packets === 0 ? firstPktTimeoutMs : normalTimeoutMs;
    if (now - this.#lastMedia > timeoutMs) {
      return `the publisher sent no media for ${timeoutMs} ms (${this.#packets === 0 ? 'firstpkt_timeout' : 'normal_timeout'})`;
    }
    if (this.#publication.players > 0 || this.#slots.taken(this.key) > 0) this.#lastWatched = now;
    if (kickoffForIdleMs > 0 && now - this.#lastWatched > kickoffForIdleMs) {
      return `nobody watched for ${kickoffForIdleMs} ms (kickoff_for_idle)`;
    }
    return undefined;
  }

  /** `how` is `unpublished` if the client said that it is through. */
  end(reason: CloseReason, how: PublishEnd = 'lost'): void {
    this.#admitted.end(reason, how);
    this.#onEnd(reason);
  }
}
