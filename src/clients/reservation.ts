import type { Origin, PublishEnd } from '../model/media.ts';
import type { PlayOptions } from '../model/options.ts';
import type { Claim } from '../model/shared-state.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub, Publication, PublisherHandle } from '../streams/hub.ts';
import type { PlayerSlots, SlotDeps } from './player-slots.ts';

/** State in which streams are reserved. */
export interface ReservationDeps extends SlotDeps {
  readonly hub: Hub;
}

/** A stream that nobody else can publish, here and among all processes that share the streams. */
export class Reservation {
  readonly publication: Publication;
  readonly #key: StreamKey;
  readonly #slots: PlayerSlots;
  readonly #claim: Claim | undefined;
  #other: Reservation | undefined;
  #ended = false;

  constructor(key: StreamKey, publication: Publication, slots: PlayerSlots, claim: Claim | undefined) {
    this.#key = key;
    this.publication = publication;
    this.#slots = slots;
    this.#claim = claim;
  }

  /** Another one, of which nothing goes on air, is kept and ends with this one. */
  beside(other: Reservation): this {
    this.#other = other;
    return this;
  }

  /** Says who publishes; `leave` has to end this before it returns. */
  setOwner(holder: PublisherHandle): void {
    this.publication.setOwner(holder);
    this.#other?.setOwner(holder);
  }

  /** Goes on air, for as many players as the publisher was granted; without an origin nothing else hears of it. */
  start(origin?: Origin): void {
    this.publication.start(origin);
    const mostPlayers = origin?.grant?.maxViewers;
    if (this.#claim) this.#claim.onAir(mostPlayers);
    else if (mostPlayers !== undefined) this.#slots.limit(this.#key, mostPlayers);
  }

  /** Frees the name; harmless if repeated. */
  end(how?: PublishEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.publication.end(how);
    if (this.#claim) this.#claim.release();
    else this.#slots.limit(this.#key, Number.POSITIVE_INFINITY);
    this.#other?.end();
  }
}

/** Reserves a stream; undefined when there is a publisher. With `takeover` that one is made to leave first. */
export async function reserve(
  { hub, claims, slots }: ReservationDeps,
  { vhost, app, stream }: StreamKey,
  options: PlayOptions,
  takeover = false,
): Promise<Reservation | undefined> {
  const key = { vhost, app, stream };
  if (takeover) hub.evict(key);
  let publication = hub.reserve(key, options);
  if (!publication) {
    // The other publisher may have gone, and its connection not been read since.
    await hub.pollPublisher(key);
    publication = hub.reserve(key, options);
  }
  if (!publication) return undefined;
  if (!claims) return new Reservation(key, publication, slots, undefined);
  let claim: Claim | undefined;
  try {
    claim = await claims.claim(key, takeover);
  } finally {
    if (!claim) publication.end();
  }
  return claim && new Reservation(key, publication, slots, claim);
}
