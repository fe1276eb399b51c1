import type { Slab } from '../bytes/slab.ts';
import { MESSAGE_TYPE } from './message.ts';

/** Memory reserved for a message on its first byte. A longer one has to arrive before it takes more. */
const FIRST_ALLOCATION = 65_536;

/** One incoming chunk stream: the header that later chunks may leave out, and the message being put together. */
export class ChunkStream {
  readonly csid: number;
  readonly #slab: Slab;
  /** Absolute, of the last message that began here. */
  timestamp = 0;
  /** Milliseconds that a fmt 3 chunk that begins a message adds. */
  delta = 0;
  /** True when the last fmt 0..2 header had an extended timestamp field (RTMP 5.3.1.3); its bits are in `delta`. */
  extended = false;
  length = 0;
  type = 0;
  streamId = 0;
  /** True between the first and the last chunk of a message. */
  open = false;
  received = 0;
  #payload: Buffer | undefined;

  /** Small audio and video payloads are cut from `slab`. */
  constructor(csid: number, slab: Slab) {
    this.csid = csid;
    this.#slab = slab;
  }

  /**
   * Memory for the next `count` bytes of the payload: write them at `received`. A payload grows geometrically as bytes
   * really arrive, so a peer that claims 8 MiB on each of its chunk streams costs next to nothing.
   */
  reserve(count: number): Buffer {
    const wanted = this.received + count;
    const payload = this.#payload;
    if (payload && wanted <= payload.length) return payload;
    const capacity = Math.min(this.length, Math.max(wanted, payload ? payload.length * 2 : FIRST_ALLOCATION));
    const larger = this.#isMedia && !payload ? this.#slab.take(capacity) : Buffer.allocUnsafe(capacity);
    payload?.copy(larger, 0, 0, this.received);
    this.#payload = larger;
    return larger;
  }

  /** Gives the whole payload away and makes ready for the next message. */
  finish(): Buffer {
    const payload = this.reserve(0);
    this.drop();
    return payload;
  }

  get #isMedia(): boolean {
    return this.type === MESSAGE_TYPE.audio || this.type === MESSAGE_TYPE.video;
  }

  /** Forgets the message being put together, if there is one. */
  drop(): void {
    this.#payload = undefined;
    this.open = false;
    this.received = 0;
  }
}
