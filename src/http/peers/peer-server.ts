import type { Neighbourhood } from '../../model/peers.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import type { Answer } from '../http-handler.ts';
import { refuse } from '../refuse.ts';
import type { Errand } from './forwarded-request.ts';
import { type Forwarded, Forwarder } from './peer-proxy.ts';

/** How a request is passed on. */
export interface Passing {
  /** The process that is to answer it. */
  readonly node: string;
  readonly errand: Errand;
  /** Time in which the answer has to begin, in milliseconds. */
  readonly timeoutMs: number;
  /** What is answered if there is no such process any more. */
  readonly otherwise: Answer;
  /** Hears what was answered. */
  readonly done?: (forwarded: Forwarded) => void;
}

/** The other processes of the server, for the parts of the playback server. */
export class Neighbours {
  readonly #neighbourhood: Neighbourhood;
  readonly #forwarder: Forwarder;

  constructor(neighbourhood: Neighbourhood) {
    this.#neighbourhood = neighbourhood;
    this.#forwarder = new Forwarder(neighbourhood);
  }

  /** The name of this process. */
  get node(): string {
    return this.#neighbourhood.node;
  }

  /** The other process where a stream is on air, or was last. */
  placeOf(key: StreamKey): Promise<string | undefined> {
    return this.#neighbourhood.placeOf(key);
  }

  /** Calls back when a stream is on air in another process, now or later, until the returned function is called. */
  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void {
    return this.#neighbourhood.whenElsewhere(key, found);
  }

  /** Has another process answer. */
  answer({ node, errand, timeoutMs, otherwise, done }: Passing): Answer {
    return {
      send: async (http, reply) => {
        const forwarded = await this.#forwarder.forward(node, errand, timeoutMs, http, reply);
        if (forwarded) {
          done?.(forwarded);
          return reply;
        }
        const fault = http.method === 'HEAD' ? undefined : await otherwise.admit?.(http);
        return fault ? refuse(reply, fault) : otherwise.send(http, reply);
      },
    };
  }

  close(): Promise<void> {
    return this.#forwarder.close();
  }
}
