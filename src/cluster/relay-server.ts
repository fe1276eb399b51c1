import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { ClientRegistry, type ServerPolicy } from '../clients/client-registry.ts';
import { ALLOWED, type Authorizer, composeGate, type Verdict } from '../model/authorization.ts';
import type { Clock } from '../model/clock.ts';
import { GATE_ACTIONS, type GateEvent } from '../model/events.ts';
import { hushed, type Logger } from '../model/logger.ts';
import type { PublishEnd } from '../model/media.ts';
import type { VhostOptions } from '../model/options.ts';
import { formatStreamKey, type StreamKey } from '../model/stream-key.ts';
import { SharedReads } from '../net/shared-read.ts';
import { RtmpServer } from '../rtmp/rtmp-server.ts';
import type { Hub } from '../streams/hub.ts';

type Vhosts = ReadonlyMap<string, VhostOptions>;

const NOBODY: Verdict = { allowed: false, message: 'This socket is for relays.' };
const NOT_HERE: Verdict = { allowed: false, message: 'The stream is not on air here.' };

/** What a relay is told last, by how its publisher has left. */
export const FAREWELLS: Readonly<Record<PublishEnd, string>> = {
  unpublished: 'The publisher has unpublished.',
  lost: 'The publisher has left.',
};

/** What a relay says to a relay server. */
export interface RelayWords {
  readonly tcUrl: string;
  readonly app: string;
  readonly stream: string;
}

/** How a relay names the stream that it wants. */
export function relayWords({ vhost, app, stream }: StreamKey, token: string): RelayWords {
  const query = `vhost=${vhost}&relay=${fingerprint({ vhost, app, stream })}&token=${token}`;
  return { tcUrl: `rtmp://gatecast/${app}?${query}`, app, stream };
}

/**
 * Where other workers of this machine fetch streams that are published here. Relays are players of the hub like any
 * other, so they share the bytes; but they meet no hooks, are not counted, and are shown out when the publisher leaves,
 * so that they know the end of it after its last byte.
 */
export class RelayServer {
  readonly #clients: ClientRegistry;
  readonly #rtmpServer: RtmpServer;
  readonly #hub: Hub;
  readonly #token: string;
  /** Streams by the client ids of their relays. */
  readonly #relays = new Map<string, string>();
  readonly #sessions = new Map<string, ReturnType<RtmpServer['enter']>>();

  constructor(hub: Hub, clock: Clock, logger: Logger, token: string) {
    this.#hub = hub;
    this.#token = token;
    this.#clients = new ClientRegistry(
      this.#policy(new Map()),
      hub,
      clock,
      hushed(logger.child({ relay: true })),
    );
    this.#rtmpServer = new RtmpServer(this.#clients, { enabled: false, trusted: [] });
  }

  /** Takes a relay's connection. */
  enter(stream: Duplex): void {
    const session = this.#rtmpServer.enter(stream, 'relay');
    const { id } = session.client;
    this.#sessions.set(id, session);
    void session.settled.then(() => {
      this.#sessions.delete(id);
      this.#relays.delete(id);
    });
  }

  /** Listens at a path of the file system; returns what stops that. */
  async listen(path: string): Promise<() => void> {
    const reads = new SharedReads();
    const server = createServer({ pauseOnConnect: true }, (accepted) => this.enter(reads.adopt(accepted)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Exclusive: node:cluster would share the path with the other workers.
      server.listen({ path, exclusive: true }, resolve);
    });
    server.on('error', () => undefined);
    return () => server.close();
  }

  /** Relays streams of these vhosts from now on, and of no others. */
  applyVhosts(vhosts: Vhosts): void {
    this.#clients.applyPolicy(this.#policy(vhosts));
  }

  /** A publisher has left: its relays have had its last byte. They are told how, for the players behind them. */
  ended(key: StreamKey, how: PublishEnd): void {
    const name = formatStreamKey(key);
    for (const [id, stream] of this.#relays) {
      if (stream === name) this.#sessions.get(id)?.kick('kicked', FAREWELLS[how]);
    }
  }

  close(): Promise<void> {
    return this.#clients.close('shutdown', 'The worker is stopping.');
  }

  #policy(vhosts: Vhosts): ServerPolicy {
    const authorizer: Authorizer = {
      authorize: (event) => Promise.resolve(this.#judge(event)),
      isInterested: (action) => GATE_ACTIONS.some((gate) => gate === action),
    };
    const gate = composeGate([authorizer], []);
    return { snapshot: { vhosts, strictVhost: true, gate }, maxConnections: Number.POSITIVE_INFINITY };
  }

  #judge(event: GateEvent): Verdict {
    const query = new URLSearchParams(event.param.slice(1));
    if (query.get('token') !== this.#token || event.action === 'on_publish') return NOBODY;
    if (event.action === 'on_connect') return ALLOWED;
    // What the address was taken for has to be what was meant.
    if (query.get('relay') !== fingerprint(event) || !this.#hub.isOnAir(event)) return NOT_HERE;
    this.#relays.set(event.client.id, formatStreamKey(event));
    return ALLOWED;
  }
}

function fingerprint(key: StreamKey): string {
  return createHash('sha256').update(formatStreamKey(key)).digest('hex');
}
