import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AdmittedPlayer } from '../../clients/admit-player.ts';
import type { Traffic } from '../../clients/client-events.ts';
import type { ClientRegistry } from '../../clients/client-registry.ts';
import { type PlayRequest, PlaySession, type PlayTransport } from '../../clients/play-session.ts';
import type { CloseReason } from '../../model/events.ts';
import type { Fault } from '../playback-request.ts';

/** A new viewer has this long to ask for something by its id, in milliseconds; who does not is no viewer. */
const NEW_SESSION_MS = 10_000;

/** Bytes of randomness in the id of a session. */
const ID_BYTES = 16;

/** End of a session. */
export interface SessionEnd {
  readonly why: string;
  /** True if the viewer was shown out: who comes back with its id is not asked about again. */
  readonly shownOut: boolean;
}

/** Viewer of one stream who requests its files: the counterpart of a connection in other protocols. */
export class HlsSession implements PlayTransport {
  readonly protocol = 'hls';
  readonly backlog = 0;
  /** The id in its URLs, which is all that it takes to be this viewer. */
  readonly ctx: string;
  readonly playRequest: PlayRequest;
  readonly viewer: PlaySession;
  readonly #bytes = { bytesIn: 0, bytesOut: 0 };
  readonly #clock: ClientRegistry['clock'];
  readonly #onOver: (end: SessionEnd) => void;
  readonly #idleMs: number;
  #player: AdmittedPlayer | undefined;
  #lastAt: number;
  /** True once something was asked for by its id. */
  #used = false;
  #over = false;

  /** `prefix` is what the id begins with. `onOver` hears, once, that it has ended. */
  constructor(
    clients: ClientRegistry,
    playRequest: PlayRequest,
    prefix: string,
    onOver: (end: SessionEnd) => void,
  ) {
    this.ctx = prefix + randomBytes(ID_BYTES).toString('base64url');
    this.playRequest = playRequest;
    this.#clock = clients.clock;
    this.#lastAt = clients.clock.awake();
    this.#onOver = onOver;
    // As long as SRS waits.
    this.#idleMs = 2 * playRequest.vhost.hls.windowMs;
    this.viewer = new PlaySession(clients, playRequest, this);
    void this.viewer.settled.then(() => this.#end('it was ended', false));
  }

  get traffic(): Traffic {
    return this.#bytes;
  }

  /** Admitted player; undefined until admission. */
  get player(): AdmittedPlayer | undefined {
    return this.#player;
  }

  /** False once it has ended. */
  get open(): boolean {
    return !this.#over;
  }

  /** Marks the session as admitted. */
  admitted(player: AdmittedPlayer): void {
    this.#player = player;
    this.#lastAt = this.#clock.awake();
    this.viewer.started();
  }

  /** Notes a request by the session's id, and the bytes of its answer. */
  served(bytes: number): void {
    this.#used = true;
    this.#lastAt = this.#clock.awake();
    this.#bytes.bytesOut += bytes;
  }

  /** Never kicked for silence: that is how viewers of HLS leave. */
  overdue(now: number): undefined {
    if (this.#player && now - this.#lastAt > (this.#used ? this.#idleMs : NEW_SESSION_MS)) this.leave();
  }

  /** Ends the session as left by its viewer. */
  leave(): void {
    this.#end('nothing was asked for by it for too long', false);
    this.viewer.end('client');
  }

  close(reason: CloseReason, why: string): void {
    this.#end(why, reason !== 'shutdown');
  }

  #end(why: string, shownOut: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver({ why, shownOut });
  }
}

/** Sessions that are over of which the server knows why. */
const MAX_ENDED_SESSIONS = 10_000;

/** Viewers with the same address. */
const MAX_SESSIONS_PER_IP = 1_000;

/** The viewers of HLS, by the ids in their URLs. */
export class HlsSessions {
  readonly #clients: ClientRegistry;
  readonly #node: string | undefined;
  readonly #open = new Map<string, HlsSession>();
  readonly #perIp = new Map<string, number>();
  /** Sessions of viewers who came back, by the name under which they ask for them: see `resumed`. */
  readonly #resumed = new Map<string, HlsSession>();
  /** Ends of recent sessions, by their ids and by the names of those that were resumed. */
  readonly #ended = new LRUCache<string, SessionEnd>({ max: MAX_ENDED_SESSIONS });

  /** `node` names this process in the ids, if it is one of several. */
  constructor(clients: ClientRegistry, node?: string) {
    this.#clients = clients;
    this.#node = node;
  }

  /** A session for a newcomer, who has not been asked about yet, `resumed` by a name or not; or why there is none. */
  beginSession(playRequest: PlayRequest, name?: string): HlsSession | Fault {
    const { ip } = playRequest;
    // Sessions hold no connection, so they take nobody's place; but there are no more of them than of those.
    if (!this.#clients.open || this.#open.size >= this.#clients.maxSessions)
      return { ok: false, status: 503, message: 'viewer limit of this server reached' };
    const ofIp = this.#perIp.get(ip) ?? 0;
    if (ofIp >= MAX_SESSIONS_PER_IP)
      return { ok: false, status: 429, message: `${ip} has reached the viewer limit of one address` };
    this.#perIp.set(ip, ofIp + 1);
    const prefix = this.#node === undefined ? '' : `${this.#node}.`;
    const session = new HlsSession(this.#clients, playRequest, prefix, (end) =>
      this.#forget(session, end, name),
    );
    if (!session.open) return session;
    this.#open.set(session.ctx, session);
    if (name !== undefined) this.#resumed.set(name, session);
    return session;
  }

  /** Session with this id, or the refusal for its viewer. */
  find(ctx: string): HlsSession | Fault {
    const session = this.#open.get(ctx);
    return session?.player ? session : this.unknown(ctx);
  }

  /** The session of a viewer who goes on asking with the id of one that is no more. */
  resumed(name: string): HlsSession | undefined {
    const session = this.#resumed.get(name);
    return session?.player && session;
  }

  /** True if the session with this id, or resumed by this name, was ended by showing its viewer out. */
  wasShownOut(name: string): boolean {
    return this.#ended.get(name)?.shownOut === true;
  }

  /** The other process that has the session, as its id says; undefined if that is this one, or none. */
  nodeOf(ctx: string): string | undefined {
    const [, node] = /^(\d{1,10})\.[\w-]{22}$/.exec(ctx) ?? [];
    return node === this.#node ? undefined : node;
  }

  /** Refusal for a viewer with the id of a session that is not there. */
  unknown(ctx: string): Fault {
    const end = this.#ended.get(ctx);
    const message = end ? `this session is over: ${end.why}` : 'there is no such session (hls_ctx)';
    return { ok: false, status: 403, message: `${message}; ask for the playlist without hls_ctx` };
  }

  #forget(session: HlsSession, { why, shownOut }: SessionEnd, name: string | undefined): void {
    const { ip } = session.playRequest;
    const end = { why: why.replace(/\.$/, ''), shownOut };
    this.#open.delete(session.ctx);
    this.#ended.set(session.ctx, end);
    if (name !== undefined) {
      this.#resumed.delete(name);
      if (shownOut) this.#ended.set(name, end);
    }
    const left = (this.#perIp.get(ip) ?? 1) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }
}
