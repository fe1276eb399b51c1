import { LRUCache } from 'lru-cache';
import type { Lobby } from '../../visits/lobby.ts';
import type { ViewerWish } from '../../visits/viewer.ts';
import type { Fault } from '../playback-request.ts';
import { MAX_ENDED_SESSIONS, MAX_SESSIONS_PER_IP } from './limits.ts';
import { HlsSession } from './session.ts';

/** The viewers of HLS, by the ids in their URLs. */
export class HlsSessions {
  readonly #lobby: Lobby;
  readonly #open = new Map<string, HlsSession>();
  readonly #perIp = new Map<string, number>();
  /** Why those that were there lately are over. */
  readonly #ended = new LRUCache<string, string>({ max: MAX_ENDED_SESSIONS });

  constructor(lobby: Lobby) {
    this.#lobby = lobby;
  }

  /** A session for a newcomer, who has not been asked about yet; or why there is none. */
  begin(wish: ViewerWish): HlsSession | Fault {
    const { ip } = wish;
    // Sessions hold no connection, so they take nobody's place; but there are no more of them than of those.
    if (!this.#lobby.open || this.#open.size >= this.#lobby.maxConnections)
      return { ok: false, status: 503, message: 'the server has all the viewers that it may have' };
    const ofIp = this.#perIp.get(ip) ?? 0;
    if (ofIp >= MAX_SESSIONS_PER_IP)
      return { ok: false, status: 429, message: `${ip} has all the viewers that one address may have` };
    this.#perIp.set(ip, ofIp + 1);
    const session = new HlsSession(this.#lobby, wish, (why) => this.#forget(session, why));
    if (session.open) this.#open.set(session.ctx, session);
    return session;
  }

  /** Who comes with this id; or what he is told. */
  find(ctx: string): HlsSession | Fault {
    const session = this.#open.get(ctx);
    if (session?.player) return session;
    const why = this.#ended.get(ctx);
    const message = why === undefined ? 'there is no such session (hls_ctx)' : `this session is over: ${why}`;
    return { ok: false, status: 403, message: `${message}; ask for the playlist without hls_ctx` };
  }

  #forget(session: HlsSession, why: string): void {
    const { ip } = session.wish;
    this.#open.delete(session.ctx);
    this.#ended.set(session.ctx, why.replace(/\.$/, ''));
    const left = (this.#perIp.get(ip) ?? 1) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }
}
