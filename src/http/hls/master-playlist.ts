import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Hls } from '../../hls/hls.ts';
import type { LivePlaylist } from '../../hls/live-playlist.ts';
import type { Address } from '../../model/address.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import type { Answer } from '../http-handler.ts';
import { NEWCOMER_FORWARD_TIMEOUT_MS, type PeerServers } from '../peers/peer-proxy.ts';
import type { Fault, PlaybackRequest } from '../playback-request.ts';
import { admitViewer, playRequest } from '../viewer.ts';
import { answered, notThere, type StreamFiles, sendMaster } from './responses.ts';
import type { HlsSession, HlsSessions } from './sessions.ts';

const GONE: Fault = { ok: false, status: 503, message: 'the client has gone' };

/** Viewers who ask for a playlist without a session. */
export class MasterPlaylists {
  /** Questions about viewers who come back, by the name of what they resume. */
  readonly #asking = new Map<string, Promise<HlsSession | Fault>>();
  readonly #sessions: HlsSessions;
  readonly #files: StreamFiles;
  readonly #peerServers: PeerServers | undefined;

  constructor(sessions: HlsSessions, files: StreamFiles, peerServers: PeerServers | undefined) {
    this.#sessions = sessions;
    this.#files = files;
    this.#peerServers = peerServers;
  }

  /** Answer of a session, if the backend allows the viewer, and of the playlist that leads on from there. */
  answer(hls: Hls, request: PlaybackRequest, address: Address): Answer {
    let session: HlsSession | undefined;
    return {
      admit: async (http) => {
        const outcome = await this.#admit(request, address, http);
        if ('ok' in outcome) return outcome;
        session = outcome;
        return undefined;
      },
      send: async (http, reply) => {
        // A HEAD is not asked about, and learns nothing.
        if (!session?.player) return http.method === 'HEAD' ? sendMaster(http, reply, '') : notThere(reply);
        const { ctx, player } = session;
        const found = await waitForStream(hls, player.key, http, this.#peerServers);
        if (typeof found === 'string') return this.#masterFrom(found, session, player.key, http, reply);
        const sender = this.#files.master(found, ctx, request);
        if (sender) return answered(sender)(http, reply);
        session.leave();
        return notThere(reply);
      },
    };
  }

  /**
   * The session, by this name, of a viewer who comes back: players ask for a playlist by the same URL for ever, so it stays
   * the same. He is asked about at the first of these requests, however many come meanwhile.
   */
  async resume(
    name: string,
    request: PlaybackRequest,
    address: Address,
    http: FastifyRequest,
  ): Promise<HlsSession | Fault> {
    for (;;) {
      const known = this.#sessions.resumed(name);
      if (known) return known;
      const asking = this.#asking.get(name);
      if (!asking) break;
      const outcome = await asking;
      // The viewer who asked has gone; this one is still here.
      if (outcome !== GONE) return outcome;
    }
    const asking = this.#admit(request, address, http, name);
    this.#asking.set(name, asking);
    return asking.finally(() => this.#asking.delete(name));
  }

  /** The master playlist of a stream that came on air in another process while its viewer was being let in here. */
  #masterFrom(
    node: string,
    session: HlsSession,
    key: StreamKey,
    http: FastifyRequest,
    reply: FastifyReply,
  ): unknown {
    const otherwise: Answer = {
      send(_http, reply) {
        session.leave();
        return notThere(reply);
      },
    };
    return this.#peerServers
      ?.answer({
        node,
        forwarded: { ip: session.playRequest.ip, session: { ctx: session.ctx, key } },
        timeoutMs: NEWCOMER_FORWARD_TIMEOUT_MS,
        otherwise,
        done: ({ status }) => status >= 400 && session.leave(),
      })
      .send(http, reply);
  }

  async #admit(
    request: PlaybackRequest,
    address: Address,
    http: FastifyRequest,
    name?: string,
  ): Promise<HlsSession | Fault> {
    const session = this.#sessions.beginSession(playRequest(request, address), name);
    if ('ok' in session) return session;
    const leave = () => session.leave();
    http.raw.socket.once('close', leave);
    const outcome = await admitViewer(session.viewer, () => GONE);
    http.raw.socket.off('close', leave);
    if ('ok' in outcome) return outcome;
    session.admitted(outcome);
    return session;
  }
}

/** Time that a request waits for the first segment of a stream, in milliseconds: less than players wait for an answer. */
const PLAYLIST_TIMEOUT_MS = 15_000;

/**
 * The playlist of a stream, as soon as it is there, or the name of another of these processes where it is; undefined if
 * that takes too long or nobody waits any more.
 */
export async function waitForStream(
  hls: Hls,
  key: StreamKey,
  { raw }: FastifyRequest,
  peerServers?: PeerServers,
  timeoutMs: number = PLAYLIST_TIMEOUT_MS,
): Promise<LivePlaylist | string | undefined> {
  const playlist = hls.playlist(key);
  if (playlist?.variant) return playlist;
  const over = new AbortController();
  void once(raw.socket, 'close', { signal: over.signal }).then(
    () => over.abort(),
    () => undefined,
  );
  let elsewhere: string | undefined;
  const forget = peerServers?.whenElsewhere(key, (node) => {
    elsewhere = node;
    over.abort();
  });
  try {
    const found = await hls.whenListed(key, timeoutMs, over.signal);
    return elsewhere ?? found;
  } finally {
    forget?.();
    over.abort();
  }
}
