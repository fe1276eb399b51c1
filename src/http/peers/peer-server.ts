import type { Peers } from '../../model/peers.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import type { Answer } from '../http-handler.ts';
import { refuse } from '../playback-request.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import { type Forwarded, PeerProxy } from './peer-proxy.ts';

/** Time in which an answer begins where a backend may be asked and a stream waited for, in milliseconds. */
export const NEWCOMER_FORWARD_TIMEOUT_MS = 60_000;

/** Parameters of a forwarded request. */
export interface Passing {
  /** The process that is to answer it. */
  readonly node: string;
  readonly forwarded: ForwardedRequest;
  /** Time in which the answer has to begin, in milliseconds. */
  readonly timeoutMs: number;
  /** Answer if there is no such process any more. */
  readonly otherwise: Answer;
  /** Hears what was answered. */
  readonly done?: (forwarded: Forwarded) => void;
}

/** The other processes of the server, for the parts of the playback server. */
export class PeerServers {
  readonly #peers: Peers;
  readonly #proxy: PeerProxy;

  constructor(peers: Peers) {
    this.#peers = peers;
    this.#proxy = new PeerProxy(peers);
  }

  /** The name of this process. */
  get node(): string {
    return this.#peers.node;
  }

  /** The other process where a stream is on air, or was last. */
  placeOf(key: StreamKey): Promise<string | undefined> {
    return this.#peers.placeOf(key);
  }

  /** Calls back when a stream is on air in another process, now or later, until the returned function is called. */
  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void {
    return this.#peers.whenElsewhere(key, found);
  }

  /** Has another process answer. */
  answer({ node, forwarded, timeoutMs, otherwise, done }: Passing): Answer {
    return {
      send: async (http, reply) => {
        const answered = await this.#proxy.forward(node, forwarded, timeoutMs, http, reply);
        if (answered) {
          done?.(answered);
          return reply;
        }
        const fault = http.method === 'HEAD' ? undefined : await otherwise.admit?.(http);
        return fault ? refuse(reply, fault) : otherwise.send(http, reply);
      },
    };
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}
