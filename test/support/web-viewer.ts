import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FlvReader, type FlvTag } from './flv-reader.ts';
import { until } from './until.ts';

/** What a server answered before its body. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A client of an HTTP server, byte for byte: nothing but a socket and what it has read. */
export class WebClient {
  readonly socket: Socket;
  #received: Buffer[] = [];
  #closed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes);
    });
    socket.on('close', () => {
      this.#closed = true;
    });
    socket.on('error', () => undefined);
  }

  static async connect(port: number): Promise<WebClient> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new WebClient(socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Takes what has come since, or since the head. */
  take(): Buffer {
    const bytes = Buffer.concat(this.#received);
    this.#received = [];
    return bytes;
  }

  /** Waits for the head of an answer. */
  async head(): Promise<ResponseHead> {
    const { bytes, end } = await until('the head of an answer', () => {
      const bytes = this.take();
      const end = bytes.indexOf('\r\n\r\n');
      if (end >= 0) return { bytes, end };
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(`${bytes}`)}`);
      this.#received.unshift(bytes);
      return undefined;
    });
    const [line = '', ...rest] = bytes.toString('latin1', 0, end).split('\r\n');
    this.#received.unshift(bytes.subarray(end + 4));
    const headers = rest.map((header) => {
      const colon = header.indexOf(':');
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
    });
    return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]), headers: Object.fromEntries(headers) };
  }

  /** Waits for the end of the connection and returns what came before it. */
  async rest(): Promise<string> {
    await until('the end of the connection', () => this.#closed);
    return this.take().toString();
  }
}

type RequestHeaders = Readonly<Record<string, string>>;

/** The bytes of a request. */
export function requestOf(path: string, headers: RequestHeaders = {}, method = 'GET'): string {
  const all = { host: 'localhost', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Asks and waits for the head of the answer. */
export async function ask(
  port: number,
  path: string,
  headers: RequestHeaders = {},
  method = 'GET',
): Promise<{ client: WebClient; head: ResponseHead }> {
  const client = await WebClient.connect(port);
  client.write(requestOf(path, headers, method));
  return { client, head: await client.head() };
}

/** What an upgrade to WebSocket asks (RFC 6455, 4.1). */
export function upgradeHeaders(): Record<string, string> {
  const key = randomBytes(16).toString('base64');
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
  };
}

/** A frame as a server sends it (RFC 6455, 5.2). */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Reads whole frames off the front of `bytes`; the rest is returned too. Throws on a mask or on fragments. */
export function readFrames(bytes: Buffer): { frames: Frame[]; rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  for (;;) {
    const left = bytes.length - at;
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
    const short = second & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (left < head) break;
    const length =
      head === 2 ? short : head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (left < head + length) break;
    if ((first & 0xf0) !== 0x80) throw new Error('a frame is a fragment or has reserved bits');
    if ((second & 0x80) !== 0) throw new Error('a server does not mask');
    frames.push({ opcode: first & 15, payload: bytes.subarray(at + head, at + head + length) });
    at += head + length;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** Reads whole chunks (RFC 9112, 7.1) off the front of `bytes`; the last one is empty. Throws on what is none. */
function readChunks(bytes: Buffer): { chunks: Buffer[]; rest: Buffer } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const eol = bytes.indexOf('\r\n', at);
    if (eol < 0) break;
    const size = bytes.toString('latin1', at, eol);
    if (!/^[\da-f]+$/i.test(size)) throw new Error(`not the size of a chunk: ${JSON.stringify(size)}`);
    const end = eol + 2 + Number.parseInt(size, 16);
    if (bytes.length < end + 2) break;
    if (bytes.toString('latin1', end, end + 2) !== '\r\n')
      throw new Error('a chunk does not end where it should');
    chunks.push(bytes.subarray(eol + 2, end));
    at = end + 2;
  }
  return { chunks, rest: bytes.subarray(at) };
}

/** A frame as a client sends it: masked. */
export function maskedFrame(opcode: number, payload: Buffer): Buffer {
  if (payload.length > 125) throw new Error('no test needs longer frames');
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | payload.length), mask, masked]);
}

const KINDS: Readonly<Record<number, string>> = { 8: 'audio', 9: 'video', 18: 'data' };

/** A viewer of FLV over HTTP or over WebSocket, with all that it has been given. */
export class FlvViewer {
  readonly client: WebClient;
  readonly head: ResponseHead;
  readonly tags: FlvTag[] = [];
  /** Of `tags`, made once: a test may poll while megabytes come. */
  readonly #lines: string[] = [];
  /** Opcodes and payloads of frames that are no media. */
  readonly control: Frame[] = [];
  /** True once a body has ended as a whole one does. */
  ended = false;
  readonly #reader = new FlvReader();
  readonly #framing: 'plain' | 'chunked' | 'websocket';
  #waiting: Buffer = Buffer.alloc(0);

  constructor(client: WebClient, head: ResponseHead) {
    this.client = client;
    this.head = head;
    const chunked = head.headers['transfer-encoding'] === 'chunked';
    this.#framing = head.status === 101 ? 'websocket' : chunked ? 'chunked' : 'plain';
  }

  /** Takes what has come, and returns the lines of all so far: `video@40 f1`, text as in `say.flv`. */
  get lines(): readonly string[] {
    this.#read();
    for (const { type, timestamp, payload } of this.tags.slice(this.#lines.length)) {
      const text = type === 18 ? 'metadata' : payload.toString('latin1', type === 9 ? 5 : 2);
      this.#lines.push(`${KINDS[type]}@${timestamp} ${text}`);
    }
    return this.#lines;
  }

  /** What the header of the FLV said. */
  get announced(): FlvReader['header'] {
    this.#read();
    return this.#reader.header;
  }

  /** Waits until so many tags have come. */
  async has(count: number): Promise<readonly string[]> {
    return until(`${count} tags`, () => this.lines.length >= count && this.lines).catch((error: unknown) => {
      throw new Error(`there are ${JSON.stringify(this.lines)}`, { cause: error });
    });
  }

  #read(): void {
    const bytes = this.client.take();
    if (this.#framing === 'plain') {
      this.tags.push(...this.#reader.push(bytes));
      return;
    }
    if (this.#framing === 'chunked') {
      const { chunks, rest } = readChunks(Buffer.concat([this.#waiting, bytes]));
      this.#waiting = rest;
      for (const chunk of chunks) {
        if (chunk.length === 0) this.ended = true;
        else this.tags.push(...this.#reader.push(chunk));
      }
      return;
    }
    const { frames, rest } = readFrames(Buffer.concat([this.#waiting, bytes]));
    this.#waiting = rest;
    for (const frame of frames) {
      if (frame.opcode === 2) this.tags.push(...this.#reader.push(frame.payload));
      else this.control.push(frame);
    }
  }
}

/** Watches over HTTP. */
export async function watchHttp(
  port: number,
  path: string,
  headers: RequestHeaders = {},
): Promise<FlvViewer> {
  const { client, head } = await ask(port, path, headers);
  return new FlvViewer(client, head);
}

/** Watches over WebSocket. */
export async function watchWebSocket(
  port: number,
  path: string,
  headers: RequestHeaders = {},
): Promise<FlvViewer> {
  const { client, head } = await ask(port, path, { ...upgradeHeaders(), ...headers });
  return new FlvViewer(client, head);
}
