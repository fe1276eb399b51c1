import type { Socket } from 'node:net';
import type { WebSocket } from '@fastify/websocket';
import { LINGER_MS } from '../../clients/connected-client.ts';
import type { PlayTransport } from '../../clients/play-session.ts';
import type { Clock } from '../../model/clock.ts';
import type { CloseReason } from '../../model/events.ts';
import type { VhostOptions } from '../../model/options.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import { flvHeader } from '../../protocol/flv/tag.ts';
import { LAST_CHUNK } from '../../protocol/http-chunk.ts';
import type { Hub } from '../../streams/hub.ts';
import type { Subscription } from '../../streams/live-stream.ts';
import type { Sink } from '../../streams/sink.ts';
import { type Framing, flvSerializer, framed } from './flv-serializer.ts';

/** Batches that wait until something is known of what a stream holds, for the FLV header to say. */
export const MAX_EARLY_BATCHES = 8;

/** Pause between pings of a viewer over WebSocket, and the time that it has to answer. */
export const PONG_TIMEOUT_MS = 30_000;

/** Bytes of all that such a viewer says within a second, pings included. */
export const MAX_VIEWER_BYTES = 65_536;

/** Bytes of a close frame's reason, beside its code (RFC 6455, 5.5). */
const CLOSE_WORDS_BYTES = 123;
/** Close codes (RFC 6455, 7.4.1): the stream is over; the server goes away; the viewer may not stay. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY = 1008;

/**
 * The way of one viewer's FLV: a socket to which the hub's shared bytes are written as they are. They are whole chunks or
 * messages already, and `ws` writes whole messages between them.
 */
export class FlvPlayer implements PlayTransport {
  readonly protocol: 'http-flv' | 'ws-flv';
  readonly traffic: PlayTransport['traffic'];
  readonly #socket: Socket;
  readonly #framing: Framing;
  readonly #clock: Clock;
  #websocket: WebSocket | undefined;
  #subscription: Subscription | undefined;
  /** Batches from before anything is known of what the stream holds; undefined once the FLV header is written. */
  #early: Buffer[] | undefined = [];
  #answered = false;
  #pongAt = 0;
  #pingedAt = 0;
  /** Bytes that the viewer had said when it was last looked at. */
  #bytesSeen = 0;
  /** True while a pong is on its way; the newest ping that came meanwhile. */
  #answering = false;
  #unanswered: Buffer | undefined;
  /** Reason for which it was closed; undefined until then. */
  closedWhy: string | undefined;

  constructor(socket: Socket, framing: Framing, clock: Clock) {
    this.protocol = framing.name === 'websocket' ? 'ws-flv' : 'http-flv';
    this.#framing = framing;
    this.#socket = socket;
    this.#clock = clock;
    this.traffic = {
      get bytesIn() {
        return socket.bytesRead;
      },
      get bytesOut() {
        return socket.bytesWritten;
      },
    };
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  get skips(): number {
    return this.#subscription?.skips ?? 0;
  }

  /** Media flows from now on: the head of the answer has been written. `ends` hear why it should end. */
  play(
    hub: Hub,
    key: StreamKey,
    { play, httpRemux }: VhostOptions,
    ends: Pick<Required<Sink>, 'drop' | 'end'>,
  ): void {
    if (this.closedWhy !== undefined) return;
    this.#answered = true;
    const { hasAudio, hasVideo, dropIfNotMatch, guessHasAv } = httpRemux;
    const serializer = flvSerializer({
      framing: this.#framing,
      audio: hasAudio || !dropIfNotMatch,
      video: hasVideo || !dropIfNotMatch,
    });
    const socket = this.#socket;
    const announced = () => {
      const there = guessHasAv ? hub.contents(key) : { audio: true, video: true };
      return { audio: hasAudio && there.audio, video: hasVideo && there.video };
    };
    const take = (bytes: Buffer) => {
      if (this.#early) this.#writeHead(bytes, this.#early, announced());
      else if (socket.writable) socket.write(bytes);
    };
    socket.cork();
    this.#subscription = hub.subscribe(
      key,
      {
        serializer,
        get backlog() {
          return socket.writableLength;
        },
        write: take,
        ...ends,
      },
      play,
    );
    socket.uncork();
  }

  /** The socket speaks WebSocket from now on. `cutOff` hears that the viewer says more than it may. */
  upgraded(websocket: WebSocket, cutOff: (why: string) => void): void {
    this.#websocket = websocket;
    this.#bytesSeen = this.#socket.bytesRead;
    const listen = () => {
      if (this.#socket.bytesRead - this.#bytesSeen <= MAX_VIEWER_BYTES) return;
      cutOff(`the viewer sent more than ${MAX_VIEWER_BYTES} bytes within a second`);
    };
    websocket.on('message', listen);
    websocket.on('ping', (data: Buffer) => {
      listen();
      this.#answerPing(websocket, data);
    });
    this.#pongAt = this.#clock.awake();
    this.#pingedAt = this.#pongAt;
    websocket.on('pong', () => {
      this.#pongAt = this.#clock.awake();
    });
  }

  /** Pings a WebSocket's viewer now and then; one that never answers has gone without a word. */
  overdue(now: number): string | undefined {
    this.#bytesSeen = this.#socket.bytesRead;
    if (!this.#websocket || now - this.#pingedAt < PONG_TIMEOUT_MS) return undefined;
    // A ping behind a backlog says nothing of the viewer; whether it takes anything is looked at elsewhere.
    if (this.#pongAt < this.#pingedAt && this.backlog === 0) {
      return `the client did not answer a ping for ${PONG_TIMEOUT_MS} ms`;
    }
    this.#pingedAt = now;
    this.#websocket.ping();
    return undefined;
  }

  /** Ends the viewing: nothing is written any more. */
  leave(): void {
    this.#subscription?.close();
  }

  close(reason: CloseReason, why: string): void {
    if (this.closedWhy !== undefined) return;
    this.closedWhy = why;
    this.leave();
    // Nothing has been said yet: the answer to the request says why.
    if (!this.#answered) return;
    const socket = this.#socket;
    if (reason === 'slow' || reason === 'timeout' || reason === 'protocol_error') {
      socket.destroy();
      return;
    }
    if (this.#websocket) this.#websocket.close(closeCode(reason), closeWords(why));
    else if (this.#framing.name === 'chunked') socket.end(LAST_CHUNK);
    else socket.end();
    const linger = this.#clock.after(LINGER_MS, () => socket.destroy());
    socket.once('close', () => linger.clear());
  }

  /** One pong at a time, then one for the newest ping (RFC 6455, 5.5.3): who does not read them piles up none. */
  #answerPing(websocket: WebSocket, data: Buffer): void {
    if (this.#answering) {
      this.#unanswered = data;
      return;
    }
    this.#answering = true;
    websocket.pong(data, false, () => {
      const newest = this.#unanswered;
      this.#answering = false;
      this.#unanswered = undefined;
      if (newest) this.#answerPing(websocket, newest);
    });
  }

  /** Writes the header, which says what the stream holds, before the first bytes from which that is known. */
  #writeHead(
    bytes: Buffer,
    early: Buffer[],
    has: { readonly audio: boolean; readonly video: boolean },
  ): void {
    early.push(bytes);
    const known = has.audio || has.video;
    if (!known && early.length < MAX_EARLY_BATCHES) return;
    this.#early = undefined;
    const header = known ? flvHeader(has.audio, has.video) : flvHeader(true, true);
    for (const part of [framed(this.#framing, header), ...early])
      if (this.#socket.writable) this.#socket.write(part);
  }
}

function closeCode(reason: CloseReason): number {
  if (reason === 'unpublish') return NORMAL;
  return reason === 'shutdown' ? GOING_AWAY : POLICY;
}

/** As much of a sentence as a close frame takes, cut between characters. */
function closeWords(text: string): string {
  let words = text.slice(0, CLOSE_WORDS_BYTES);
  while (Buffer.byteLength(words) > CLOSE_WORDS_BYTES) words = words.slice(0, -1);
  return words;
}
