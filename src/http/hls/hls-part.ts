import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Hls } from '../../hls/hls.ts';
import type { LivePlaylist } from '../../hls/live-playlist.ts';
import { relativeUri } from '../../hls/path-template.ts';
import { masterPlaylistText } from '../../hls/playlist.ts';
import type { Address } from '../../model/address.ts';
import type { Lobby } from '../../visits/lobby.ts';
import { explain } from '../../visits/refusal.ts';
import type { Answer, PlaybackPart } from '../playback-part.ts';
import type { Fault, PlaybackRequest } from '../playback-request.ts';
import { streamAddress } from '../stream-address.ts';
import { PLAYLIST_TIMEOUT_MS } from './limits.ts';
import { PlaylistForms } from './playlist-forms.ts';
import { matchPlaylist } from './playlist-path.ts';
import { sendFile } from './send-file.ts';
import { sendMaster, sendPlaylist } from './send-playlist.ts';
import type { HlsSession } from './session.ts';
import { HlsSessions } from './sessions.ts';

/** What is told to who has no session. */
const NO_SESSION: Fault = {
  ok: false,
  status: 403,
  message: 'segments are for those who have asked for the playlist: its URLs have an hls_ctx',
};

/** Who would be passed by if there were no sessions. */
const ABOUT_PLAYERS = ['on_play', 'on_update'] as const;

/**
 * Playlists and segments. Who asks for a playlist is asked about and gets a session, whose id is in all URLs that lead on
 * from there; `hls` is the room that has the streams, undefined while no vhost has HLS.
 */
export class HlsPart implements PlaybackPart {
  readonly #hls: () => Hls | undefined;
  readonly #sessions: HlsSessions;
  readonly #forms = new PlaylistForms();

  constructor(lobby: Lobby, hls: () => Hls | undefined) {
    this.#hls = hls;
    this.#sessions = new HlsSessions(lobby);
  }

  /** Undefined if the request is for no playlist and no segment. */
  find(request: PlaybackRequest): Answer | undefined {
    const hls = this.#hls();
    if (!hls || request.directory) return undefined;
    const path = request.path.join('/');
    const [, ctx] = /(?:^|&)hls_ctx=([^&]*)/.exec(request.query) ?? [];
    if (ctx !== undefined) return this.#ofSession(hls, ctx, path);
    const { vhost } = request;
    if (!vhost.hls.enabled) return undefined;
    const named = matchPlaylist(request.vhost.hls, request.vhost.name, path);
    const address = named && streamAddress(request, named);
    if (address)
      return vhost.hls.ctx ? this.#newcomer(hls, request, path, address) : this.#plain(hls, request, address);
    const file = hls.fileAt(vhost.name, path);
    if (!file) return undefined;
    if (vhost.hls.ctx && vhost.hls.tsCtx) return faulty(NO_SESSION);
    return { send: (http, reply) => sendFile(http, reply, file, 'public') };
  }

  #ofSession(hls: Hls, ctx: string, path: string): Answer {
    const session = this.#sessions.find(ctx);
    if ('ok' in session) return faulty(session);
    const playlist = session.player && hls.playlist(session.player.key);
    if (playlist && path === playlist.path) return this.#media(session, playlist);
    const file = playlist?.fileAt(path);
    if (!file)
      return faulty({ ok: false, status: 404, message: 'this is no file of the stream, or none any more' });
    return {
      async send(http, reply) {
        session.served(await sendFile(http, reply, file, 'private'));
        return reply;
      },
    };
  }

  #media(session: HlsSession, playlist: LivePlaylist): Answer {
    const { tsCtx } = playlist.options;
    return {
      send: (http, reply) => {
        const form = this.#forms.of(playlist, tsCtx);
        session.served(form ? sendPlaylist(http, reply, form, session.ctx, playlist.version) : 0);
        return form ? reply : notThere(reply);
      },
    };
  }

  /** A playlist of a vhost without sessions. */
  #plain(hls: Hls, { snapshot, vhost }: PlaybackRequest, address: Address): Answer {
    // The configuration refuses this where it sees it; a gate may have come from elsewhere.
    if (ABOUT_PLAYERS.some((action) => snapshot.gate.asks(action, vhost.name))) {
      return faulty({
        ok: false,
        status: 403,
        message: 'viewers have to be asked about here, and hls_ctx is off',
      });
    }
    return {
      send: async (http, reply) => {
        const playlist = await this.#wait(hls, address, http);
        const form = playlist && this.#forms.of(playlist, false);
        if (!playlist || !form) return notThere(reply);
        sendPlaylist(http, reply, form, undefined, playlist.version);
        return reply;
      },
    };
  }

  /** A playlist that is asked for without a session: the viewer gets one, if his backend lets him in. */
  #newcomer(hls: Hls, request: PlaybackRequest, path: string, address: Address): Answer {
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
        const playlist = await this.#wait(hls, session.player.key, http);
        const variant = playlist?.variant;
        if (!playlist || !variant) {
          session.leave();
          return notThere(reply);
        }
        const query = request.query === '' ? '' : `&${request.query}`;
        const uri = `${relativeUri(path, playlist.path)}?hls_ctx=${session.ctx}${query}`;
        return sendMaster(http, reply, masterPlaylistText(variant, uri));
      },
    };
  }

  async #admit(
    { ip, pageUrl, snapshot, vhost }: PlaybackRequest,
    address: Address,
    http: FastifyRequest,
  ): Promise<HlsSession | Fault> {
    const tcUrl = `rtmp://${vhost.name}/${address.app}`;
    const session = this.#sessions.begin({ ip, snapshot, vhost, address, tcUrl, pageUrl });
    if ('ok' in session) return session;
    const leave = () => session.leave();
    http.raw.socket.once('close', leave);
    const outcome = await session.viewer.admit();
    http.raw.socket.off('close', leave);
    if (!outcome) return { ok: false, status: 503, message: 'the viewer has gone' };
    if (!outcome.ok) return { ok: false, status: 403, message: explain(outcome) };
    session.admitted(outcome);
    return session;
  }

  /** The playlist of a stream, as soon as it is there; undefined if that takes too long or nobody waits any more. */
  async #wait(
    hls: Hls,
    key: Pick<Address, 'vhost' | 'app' | 'stream'>,
    { raw }: FastifyRequest,
  ): Promise<LivePlaylist | undefined> {
    const playlist = hls.playlist(key);
    if (playlist?.variant) return playlist;
    const gone = new AbortController();
    void once(raw.socket, 'close', { signal: gone.signal }).then(
      () => gone.abort(),
      () => undefined,
    );
    try {
      return await hls.whenListed(key, PLAYLIST_TIMEOUT_MS, gone.signal);
    } finally {
      gone.abort();
    }
  }
}

function faulty(fault: Fault): Answer {
  return {
    admit: () => Promise.resolve(fault),
    // For a HEAD.
    send: (_http, reply) => reply.code(fault.status).header('cache-control', 'no-store').send(),
  };
}

function notThere(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .headers({ 'retry-after': '2', 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('nobody publishes this stream, or it has no segment yet\n');
}
