import type { Duplex } from 'node:stream';
import { handshake } from './say.ts';
import { type AmfData, readAmf, type WireMessage, WireReader } from './wire-reader.ts';

/** What a server answered, in words: `_result 1 NetConnection.Connect.Success`, `onStatus@1 NetStream.Play.Start`. */
export function words({ type, streamId, payload, timestamp }: WireMessage): string {
  if (type === 20) {
    const [name, transaction, ...args] = readAmf(payload);
    const code = infoOf(args)?.['code'];
    const what = name === 'onStatus' ? `${name}@${streamId}` : `${name} ${transaction}`;
    return [what, ...(code === undefined ? [] : [code])].join(' ');
  }
  if (type === 4) return `control ${payload.readUInt16BE(0)} ${payload.readUInt32BE(2)}`;
  const names: Readonly<Record<number, string>> = { 1: 'chunk size', 3: 'ack', 5: 'window', 6: 'bandwidth' };
  if (names[type]) return `${names[type]} ${payload.readUInt32BE(0)}`;
  const media: Readonly<Record<number, string>> = { 8: 'audio', 9: 'video', 18: 'data' };
  return `${media[type] ?? `type ${type}`}@${streamId} ${timestamp} ${payload
    .toString('latin1')
    .replace(/[^a-z0-9]+/gi, ' ')
    .trim()}`;
}

function infoOf(args: readonly AmfData[]): { [key: string]: AmfData } | undefined {
  const info = args.find((arg) => typeof arg === 'object' && arg !== null && 'code' in arg);
  return info as { [key: string]: AmfData } | undefined;
}

/** A client that says exactly what a test gives it, byte by byte, and notes what comes back. */
export class RawPeer {
  readonly stream: Duplex;
  /** Every message so far; the acknowledgements that the server sends while a session begins are left out of `heard`. */
  readonly messages: WireMessage[] = [];
  /** Settles when the server has ended the connection. */
  readonly ended: Promise<void>;
  readonly #reader = new WireReader();
  readonly #watchers = new Set<() => void>();
  #toSkip = 1 + 2 * 1536;
  #bytes = 0;
  isOver = false;

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
    stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.isOver = true;
        for (const watcher of this.#watchers) watcher();
        resolve();
      };
      stream.on('end', end).on('close', end);
    });
  }

  /** Sends bytes, all at once. */
  say(...bytes: readonly Buffer[]): this {
    this.stream.write(Buffer.concat(bytes));
    return this;
  }

  /** Shakes hands, without waiting for the answer. */
  shakeHands(): this {
    return this.say(handshake);
  }

  /** All that was heard, in words, but for acknowledgements. */
  get heard(): string[] {
    return this.messages.filter(({ type }) => type !== 3).map(words);
  }

  /** Bytes that have come, the handshake included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when no message is half received. */
  get atBoundary(): boolean {
    return this.#reader.unfinished === 0;
  }

  /** Waits for a message whose words begin so, also one that has come already; rejects if the server ends before it. */
  async hear(beginning: string, count = 1): Promise<WireMessage> {
    for (;;) {
      const found = this.messages.filter((message) => words(message).startsWith(beginning))[count - 1];
      if (found) return found;
      if (this.isOver)
        throw new Error(`the server ended and said no "${beginning}", but: ${this.heard.join(', ')}`);
      await new Promise<void>((resolve) => {
        const watcher = () => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  /** The info object of such a message. */
  async info(beginning: string, count = 1): Promise<{ [key: string]: AmfData } | undefined> {
    return infoOf(readAmf((await this.hear(beginning, count)).payload));
  }

  /** Media so far, in words. */
  get media(): string[] {
    return this.heard.filter((line) => /^(?:audio|video|data)@/.test(line));
  }

  /** Breaks off without a word. */
  breakOff(): void {
    this.stream.destroy();
  }

  #take(bytes: Buffer): void {
    this.#bytes += bytes.length;
    const skipped = Math.min(this.#toSkip, bytes.length);
    this.#toSkip -= skipped;
    this.messages.push(...this.#reader.push(bytes.subarray(skipped)));
    for (const watcher of this.#watchers) watcher();
  }
}
