import type { Duplex } from 'node:stream';
import type { Logger } from '../model/logger.ts';
import type { MediaPacket, PublishEnd } from '../model/media.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { ClientSession } from '../rtmp/client-session.ts';
import { type MediaConsumer, readMedia } from '../rtmp/read-media.ts';
import type { Publication } from '../streams/hub.ts';
import { FAREWELLS, relayWords } from './relay-server.ts';

/** One stream on its way from another process: plays it there, publishes it here, packet for packet. */
export class Relay {
  readonly #stream: Duplex;
  readonly #publish: () => Publication | undefined;
  readonly #log: Logger;
  #publication: Publication | undefined;
  #closed = false;
  /** How the publisher has left; one of which nothing was heard passes for lost. */
  #how: PublishEnd = 'lost';
  /** Settles when nothing more will come and the publication has ended. */
  readonly ended: Promise<void>;

  /** `publish` makes the publication when the first packet is there; without one there is nothing to bring it for. */
  constructor(
    stream: Duplex,
    key: StreamKey,
    token: string,
    publish: () => Publication | undefined,
    log: Logger,
  ) {
    this.#stream = stream;
    this.#publish = publish;
    this.#log = log;
    this.ended = this.#run(key, token)
      .then(
        () => log.info({}, 'relay ended'),
        (error: unknown) => log.debug({ why: String(error) }, 'relay failed'),
      )
      .finally(() => {
        this.#closed = true;
        this.#publication?.end(this.#how);
        this.#stream.destroy();
      });
  }

  close(): void {
    this.#closed = true;
    this.#stream.destroy();
  }

  async #run(key: StreamKey, token: string): Promise<void> {
    const { stream, ...connect } = relayWords(key, token);
    const session = await ClientSession.connect(this.#stream, connect);
    const consumer: MediaConsumer = { write: (packet) => this.#take(packet), clearMetadata: () => undefined };
    await session.play(stream, (message) => readMedia(message, consumer));
    await session.closed;
    if (session.lastStatus?.description === FAREWELLS.unpublished) this.#how = 'unpublished';
  }

  #take(packet: MediaPacket): void {
    if (this.#closed) return;
    if (!this.#publication) {
      this.#publication = this.#publish();
      if (!this.#publication) {
        this.close();
        return;
      }
      this.#publication.start();
      this.#log.info({}, 'relay started');
    }
    this.#publication.write(packet);
  }
}
