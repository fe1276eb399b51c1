import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { LivePlaylist } from '../../hls/live-playlist.ts';

/** Character that stands for a blank in the text of a template. */
export const BLANK = '\0';

const EMPTY_LAST_BLOCK = Buffer.of(3, 0);
const GZIP_HEAD = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
const WINDOW = 32_768;

interface Template {
  readonly bytes: Buffer;
  /** Offsets of the blanks. */
  readonly blanks: readonly number[];
}

/**
 * A text with blanks of one length, which are all filled with the same word: made once, for any number of readers. It is
 * compressed once too: between what is compressed the blanks are stored as they are (RFC 1951 3.2.4), so that filling
 * them in is all that is left to do for each reader.
 */
export class PlaylistTemplate {
  readonly #plain: Template;
  readonly #wordBytes: number;
  #packed: Template | undefined;

  /** `text` has a {@link BLANK} for each blank; words are of `wordBytes` ASCII characters. */
  constructor(text: string, wordBytes: number) {
    this.#wordBytes = wordBytes;
    const parts = text.split(BLANK).map((part) => Buffer.from(part));
    this.#plain = withBlanks(parts, Buffer.alloc(wordBytes), 0);
  }

  /** The text with this word in it. */
  plain(word: string): Buffer {
    return this.#fill(this.#plain, word);
  }

  /** The same, as gzip. */
  gzip(word: string): Buffer {
    const plain = this.plain(word);
    this.#packed ??= this.#pack();
    const packed = this.#fill(this.#packed, word);
    packed.writeUInt32LE(crc32(plain), packed.length - 8);
    return packed;
  }

  #fill({ bytes, blanks }: Template, word: string): Buffer {
    if (blanks.length === 0) return Buffer.from(bytes);
    if (word.length !== this.#wordBytes) throw new Error(`a word of ${this.#wordBytes} characters fits here`);
    const filled = Buffer.from(bytes);
    for (const at of blanks) filled.write(word, at, 'latin1');
    return filled;
  }

  #pack(): Template {
    const { bytes, blanks } = this.#plain;
    const packed: Buffer[] = [];
    let from = 0;
    for (const to of [...blanks, bytes.length]) {
      const dictionary = bytes.subarray(Math.max(0, from - WINDOW), from);
      const options = { finishFlush: constants.Z_SYNC_FLUSH, ...(from > 0 ? { dictionary } : {}) };
      packed.push(deflateRawSync(bytes.subarray(from, to), options));
      from = to + this.#wordBytes;
    }
    const stored = Buffer.alloc(5 + this.#wordBytes);
    stored.writeUInt16LE(this.#wordBytes, 1);
    stored.writeUInt16LE(0xffff - this.#wordBytes, 3);
    const template = withBlanks(packed, stored, 5);
    const tail = Buffer.alloc(8);
    tail.writeUInt32LE(bytes.length, 4);
    return {
      bytes: Buffer.concat([GZIP_HEAD, template.bytes, EMPTY_LAST_BLOCK, tail]),
      blanks: template.blanks.map((at) => at + GZIP_HEAD.length),
    };
  }
}

/** The parts with `between` between them; a blank is what `between` has from `offset` on. */
function withBlanks(parts: readonly Buffer[], between: Buffer, offset: number): Template {
  const pieces: Buffer[] = [];
  const blanks: number[] = [];
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      pieces.push(between);
      blanks.push(at + offset);
      at += between.length;
    }
    pieces.push(part);
    at += part.length;
  }
  return { bytes: Buffer.concat(pieces), blanks };
}

interface Made {
  readonly version: number;
  readonly playlists: Map<string, PlaylistTemplate>;
}

/** Query behind each URI of a playlist. */
export interface UriQuery {
  /** Characters of the id of a session; 0 if there is none. */
  readonly ctxLength: number;
  /** The vhost, where the URI would lead to another one without it; otherwise empty. */
  readonly vhost: string;
}

/** The texts of playlists, made once for each version of one, whoever asks. */
export class PlaylistCache {
  readonly #made = new WeakMap<LivePlaylist, Made>();

  /** The text of this moment, with blanks for the id of a session if it has one; undefined while there is none. */
  of(playlist: LivePlaylist, { ctxLength, vhost }: UriQuery): PlaylistTemplate | undefined {
    const { version } = playlist;
    let made = this.#made.get(playlist);
    if (made?.version !== version) {
      made = { version, playlists: new Map() };
      this.#made.set(playlist, made);
    }
    const name = `${ctxLength} ${vhost}`;
    const known = made.playlists.get(name);
    if (known) return known;
    const words = [ctxLength > 0 ? `hls_ctx=${BLANK}` : '', vhost === '' ? '' : `vhost=${vhost}`];
    const query = words.filter((word) => word !== '').join('&');
    const text = playlist.text(query === '' ? '' : `?${query}`);
    if (text === undefined) return undefined;
    const form = new PlaylistTemplate(text, ctxLength);
    made.playlists.set(name, form);
    return form;
  }
}
