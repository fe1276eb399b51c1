import type { Duplex } from 'node:stream';

/** Longest head of an interim answer, such as 100 Continue, in bytes. */
const MAX_INTERIM_ANSWER = 16_384;

/** What an interim answer begins with (RFC 9110, 15.2): any 1xx but 101, which ends HTTP on the connection. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
const START_BYTES = 13;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Takes interim answers, such as `100 Continue`, off the front of an answer. A client has to be able to read them, also
 * where it did not ask for any, and undici takes a 100 for a bad response.
 */
export class InterimAnswers {
  #held: Buffer = NOTHING;
  #expected = true;

  /** Lets the next bytes be the start of an answer. */
  expect(): void {
    this.#expected = true;
  }

  /** Has `socket` read what is left of each answer. */
  skipOn(socket: Duplex): void {
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size?: number) => {
      for (;;) {
        const chunk = read(size);
        const left = chunk === null ? null : this.strip(chunk);
        if (left === null || left.length > 0) return left;
      }
    };
  }

  /** Returns what is left of the bytes that have come: nothing while an interim answer is not whole. */
  strip(chunk: Buffer): Buffer {
    if (!this.#expected) return chunk;
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    while (mayBeInterim(bytes)) {
      const end = bytes.length < START_BYTES ? -1 : bytes.indexOf('\r\n\r\n');
      if (end === -1) {
        if (bytes.length > MAX_INTERIM_ANSWER) break;
        this.#held = bytes;
        return NOTHING;
      }
      bytes = bytes.subarray(end + 4);
    }
    this.#expected = bytes.length === 0;
    return bytes;
  }
}

function mayBeInterim(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, START_BYTES);
  if (start.length === START_BYTES) return INTERIM.test(start);
  return start !== '' && 'HTTP/1.'.startsWith(start.slice(0, 7));
}
