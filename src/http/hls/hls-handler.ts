import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ClientRegistry } from '../../clients/client-registry.ts';
import type { Hls } from '../../hls/hls.ts';
import type { Address } from '../../model/address.ts';
import type { Timer } from '../../model/clock.ts';
import { fillPath, streamWords } from '../../model/path-template.ts';
import { formatStreamKey, type StreamKey } from '../../model/stream-key.ts';
import type { Answer, HttpHandler } from '../http-handler.ts';
import type { ForeignSession } from '../peers/forwarded-request.ts';
import { NEWCOMER_FORWARD_TIMEOUT_MS, type PeerServers } from '../peers/peer-proxy.ts';
import { type Fault, type PlaybackRequest, streamAddress } from '../playback-request.ts';
import { MasterPlaylists, waitForStream } from './master-playlist.ts';
import { matchFile, matchPlaylist } from './playlist-path.ts';
import {
  answered,
  counted,
  faulty,
  later,
  notThere,
  playlistUri,
  StreamFiles,
  sendFile,
  sendMaster,
} from './responses.ts';
import { type HlsSession, HlsSessions } from './sessions.ts';

/** Time in which an answer begins that needs no backend and no waiting. */
const FORWARD_TIMEOUT_MS = 10_000;

/**
 * Milliseconds that a viewer who comes back waits for the first segment: hls.js takes a playlist that it has had
 * before for lost after ten seconds.
 */
const RESUME_TIMEOUT_MS = 8_000;

/** Refusal for a viewer without a session. */
const NO_SESSION: Fault = {
  ok: false,
  status: 403,
  message: 'segment URLs need the hls_ctx that the playlist gives',
};

const NO_FILE: Fault = { ok: false, status: 404, message: 'no such file of this stream, or it has expired' };

const UNASKED: Fault = {
  ok: false,
  status: 403,
  message: 'this vhost authorizes viewers, which needs hls_ctx on',
};

/** Hooks that would be bypassed if there were no sessions. */
const ABOUT_PLAYERS = ['on_play', 'on_update'] as const;

/**
 * Playlists and segments. Who asks for a playlist is asked about and gets a session, whose id is in all URLs that lead on
 * from there. The session is in the process that has the stream, if one has it, and its id says in which; whatever a
 * request wants of another process is fetched there.
 */
export class HlsHandler implements HttpHandler {
  readonly acceptsForwarded = true;
  readonly #hls: () => Hls | undefined;
  readonly #peerServers: PeerServers | undefined;
  readonly #sessions: HlsSessions;
  readonly #files = new StreamFiles();
  readonly #distant: RemoteViewers;
  readonly #masterPlaylists: MasterPlaylists;

  /** `hls` has the streams, undefined while no vhost has HLS; without `peerServers` all is here. */
  constructor(clients: ClientRegistry, hls: () => Hls | undefined, peerServers?: PeerServers) {
    this.#hls = hls;
    this.#peerServers = peerServers;
    this.#sessions = new HlsSessions(clients, peerServers?.node);
    this.#distant = new RemoteViewers(clients);
    this.#masterPlaylists = new MasterPlaylists(this.#sessions, this.#files, peerServers);
  }

  async prepare(app: FastifyInstance): Promise<void> {
    app.addHook('onClose', () => this.#peerServers?.close());
  }

  /** Undefined if the request is for no playlist and no segment. */
  find(request: PlaybackRequest): Answer | undefined | Promise<Answer | undefined> {
    const hls = this.#hls();
    if (!hls || request.directory) return undefined;
    const path = request.path.join('/');
    const [, ctx] = /(?:^|&)hls_ctx=([^&]*)/.exec(request.query) ?? [];
    const { vhost, forwarded } = request;
    if (forwarded?.session) return this.#forPeer(hls, request, forwarded.session, ctx === undefined);
    if (ctx !== undefined) return this.#ofSession(hls, request, ctx);
    if (!vhost.hls.enabled) return undefined;
    const named = matchPlaylist(vhost.hls, vhost.name, path);
    const address = named && streamAddress(request, named);
    if (!address) return this.#fileOfAnybody(hls, request, path);
    const newcomer = vhost.hls.ctx
      ? this.#masterPlaylists.answer(hls, request, address)
      : this.#plain(hls, request, address);
    if (hls.isLive(address)) return newcomer;
    return this.#whereItIs(address, request, NEWCOMER_FORWARD_TIMEOUT_MS, newcomer);
  }

  /** The answer of the process that has a stream; `here` if that is this one or none. What was passed on is not passed on again. */
  #whereItIs(
    key: StreamKey,
    { ip, forwarded }: PlaybackRequest,
    timeoutMs: number,
    here: Answer,
  ): Answer | Promise<Answer> {
    const peerServers = this.#peerServers;
    if (!peerServers || forwarded) return here;
    return peerServers
      .placeOf(key)
      .then((node) =>
        node === undefined
          ? here
          : peerServers.answer({ node, forwarded: { ip }, timeoutMs, otherwise: here }),
      );
  }

  /** Answer to a request with the id of a session. */
  #ofSession(hls: Hls, request: PlaybackRequest, ctx: string): Answer | Promise<Answer> {
    const { ip, forwarded } = request;
    const node = this.#sessions.nodeOf(ctx);
    if (node !== undefined && this.#peerServers && !forwarded) {
      const otherwise = later(() => this.#withoutSession(hls, request, ctx, this.#sessions.unknown(ctx)));
      return this.#peerServers.answer({ node, forwarded: { ip }, timeoutMs: FORWARD_TIMEOUT_MS, otherwise });
    }
    const session = this.#sessions.find(ctx);
    return 'ok' in session
      ? this.#withoutSession(hls, request, ctx, session)
      : this.#serve(hls, request, session);
  }

  /** Answer to a request of a session. */
  #serve(hls: Hls, request: PlaybackRequest, session: HlsSession): Answer | Promise<Answer> {
    const key = session.player?.key;
    if (!key) return faulty(NO_FILE);
    const path = request.path.join('/');
    const playlist = hls.playlist(key);
    const sender = this.#files.at(playlist, path, session.ctx, request.query);
    const here = sender ? { send: counted(session, sender) } : faulty(NO_FILE);
    // Of a stream whose publisher has come back elsewhere only old segments are here.
    const isOld = () => !hls.isLive(key) && (!sender || path === playlist?.path);
    return this.#peerServers && isOld() ? this.#whereItIsNow(key, session, here) : here;
  }

  /**
   * Answers a request with an id that no session has, any more or at all. Players that were asleep, or that a server had before
   * it was started anew, have nothing but the URL of their playlist: a viewer who asks for that is a new one, unless it was shown
   * out. `fault` is for everything else.
   */
  #withoutSession(hls: Hls, asked: PlaybackRequest, ctx: string, fault: Fault): Answer | Promise<Answer> {
    const { vhost, forwarded } = asked;
    const request = withoutCtx(asked);
    const named = vhost.hls.enabled
      ? matchPlaylist(vhost.hls, vhost.name, request.path.join('/'))
      : undefined;
    const address = named && streamAddress(request, named);
    if (!address || this.#sessions.wasShownOut(ctx)) return faulty(fault);
    if (!vhost.hls.ctx) return this.#plain(hls, request, address);
    const name = resumedName(ctx, request, address);
    if (this.#sessions.wasShownOut(name)) return faulty(this.#sessions.unknown(name));
    const here = this.#resumed(hls, request, address, name);
    // Whichever worker is reached, it is the same one that resumes the session.
    if (forwarded || this.#sessions.resumed(name) || hls.isLive(address)) return here;
    return this.#whereItIs(address, request, NEWCOMER_FORWARD_TIMEOUT_MS, here);
  }

  /** The media playlist of a viewer who comes back. */
  #resumed(hls: Hls, request: PlaybackRequest, address: Address, name: string): Answer {
    let session: HlsSession | undefined;
    return {
      admit: async (http) => {
        const outcome = await this.#masterPlaylists.resume(name, request, address, http);
        if ('ok' in outcome) return outcome;
        session = outcome;
        return undefined;
      },
      send: async (http, reply) => {
        const key = session?.player?.key;
        // A HEAD is not asked about, and learns nothing.
        if (!session || !key) return http.method === 'HEAD' ? sendMaster(http, reply, '') : notThere(reply);
        session.served(0);
        if (!(await waitForStream(hls, key, http, this.#peerServers, RESUME_TIMEOUT_MS)))
          return notThere(reply);
        const path = fillPath(request.vhost.hls.m3u8File, streamWords(key));
        // His backend has given the stream another name meanwhile.
        if (path !== request.path.join('/'))
          return reply
            .header('cache-control', 'no-store')
            .redirect(playlistUri(request, path, session.ctx), 302);
        return (await this.#serve(hls, request, session)).send(http, reply);
      },
    };
  }

  /** Answer from the process that the session's stream has moved to, if it has. */
  async #whereItIsNow(key: StreamKey, session: HlsSession, here: Answer): Promise<Answer> {
    const peerServers = this.#peerServers;
    const node = await peerServers?.placeOf(key);
    if (!peerServers || node === undefined) return here;
    return peerServers.answer({
      node,
      forwarded: { ip: session.playRequest.ip, session: { ctx: session.ctx, key } },
      timeoutMs: FORWARD_TIMEOUT_MS,
      otherwise: here,
      done: ({ status, bytes }) => status < 400 && session.served(bytes),
    });
  }

  /** Answer to another process, for a viewer whose session is there. */
  #forPeer(hls: Hls, request: PlaybackRequest, { ctx, key }: ForeignSession, isNewcomer: boolean): Answer {
    this.#distant.seen(key, 2 * request.vhost.hls.windowMs);
    if (!isNewcomer) {
      const sender = this.#files.at(hls.playlist(key), request.path.join('/'), ctx, request.query);
      return sender ? { send: answered(sender) } : faulty(NO_FILE);
    }
    return {
      send: async (http, reply) => {
        const playlist = await waitForStream(hls, key, http);
        const sender = this.#files.master(typeof playlist === 'string' ? undefined : playlist, ctx, request);
        return sender ? answered(sender)(http, reply) : notThere(reply);
      },
    };
  }

  /** A segment of a vhost where it takes no session to get one. */
  #fileOfAnybody(
    hls: Hls,
    request: PlaybackRequest,
    path: string,
  ): Answer | undefined | Promise<Answer | undefined> {
    const { vhost } = request;
    const file = hls.fileAt(vhost.name, path);
    if (vhost.hls.ctx && vhost.hls.tsCtx) return file && faulty(NO_SESSION);
    if (file) return { send: (http, reply) => sendFile(http, reply, file, 'public') };
    const named = this.#peerServers && matchFile(vhost.hls, vhost.name, path);
    const address = named && streamAddress(request, named);
    return address && this.#whereItIs(address, request, FORWARD_TIMEOUT_MS, faulty(NO_FILE));
  }

  /** A playlist of a vhost without sessions. */
  #plain(hls: Hls, request: PlaybackRequest, address: Address): Answer {
    const { snapshot, vhost, ip, query, forwarded } = request;
    // The configuration refuses this where it sees it; a gate may have come from elsewhere.
    if (ABOUT_PLAYERS.some((action) => snapshot.gate.isInterested(action, vhost.name)))
      return faulty(UNASKED);
    return {
      send: async (http, reply) => {
        const peerServers = forwarded ? undefined : this.#peerServers;
        const found = await waitForStream(hls, address, http, peerServers);
        if (typeof found === 'string') {
          const otherwise = { send: (_http: FastifyRequest, reply: FastifyReply) => notThere(reply) };
          const passing = {
            node: found,
            forwarded: { ip },
            timeoutMs: NEWCOMER_FORWARD_TIMEOUT_MS,
            otherwise,
          };
          return peerServers?.answer(passing).send(http, reply);
        }
        if (!found) return notThere(reply);
        return answered(this.#files.media(found, undefined, query))(http, reply);
      },
    };
  }
}

interface Presence {
  readonly leave: () => void;
  timer: Timer;
}

/**
 * Viewers whose sessions are in other processes and who watch a stream of this one: together they are one player, so that
 * the stream does not pass for one that nobody watches.
 */
export class RemoteViewers {
  readonly #clients: Pick<ClientRegistry, 'slots' | 'clock'>;
  readonly #present = new Map<string, Presence>();

  constructor(clients: Pick<ClientRegistry, 'slots' | 'clock'>) {
    this.#clients = clients;
  }

  /** Notes a request of one of them, who is present for as many milliseconds. */
  seen(key: StreamKey, ms: number): void {
    const name = formatStreamKey(key);
    const { slots, clock } = this.#clients;
    const known = this.#present.get(name);
    known?.timer.clear();
    const leave = known?.leave ?? slots.acquire(key);
    if (typeof leave === 'number') return;
    const timer = clock.after(ms, () => {
      this.#present.delete(name);
      leave();
    });
    this.#present.set(name, { leave, timer });
  }
}

/**
 * Name of what a viewer resumes who comes with the id of a session that is no more. Whatever of it is different makes
 * another one: an id that was found in a log opens nothing that its finder was not asked about himself.
 */
export function resumedName(ctx: string, { ip }: PlaybackRequest, address: Address): string {
  const { vhost, app, stream, param } = address;
  return createHash('sha256')
    .update(JSON.stringify([ctx, ip, vhost, app, stream, param]))
    .digest('base64url');
}

/** A request as it would be if it had no session's id. */
export function withoutCtx(request: PlaybackRequest): PlaybackRequest {
  const strip = (query: string) =>
    query
      .split('&')
      .filter((word) => !word.startsWith('hls_ctx='))
      .join('&');
  const param = strip(request.param.replace(/^\?/, ''));
  return { ...request, query: strip(request.query), param: param === '' ? '' : `?${param}` };
}
