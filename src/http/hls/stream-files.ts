import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LivePlaylist } from '../../hls/live-playlist.ts';
import { relativeUri } from '../../hls/path-template.ts';
import { masterPlaylistText } from '../../hls/playlist.ts';
import type { PlaybackRequest } from '../playback-request.ts';
import { notThere } from './not-there.ts';
import { PlaylistCache } from './playlist-template.ts';
import { sendFile } from './send-file.ts';
import { sendMaster, sendPlaylist } from './send-playlist.ts';

/** Sends something and says how many bytes that were. */
export type Sender = (http: FastifyRequest, reply: FastifyReply) => number | Promise<number>;

/** What there is of streams of this process, as it is sent to viewers. */
export class StreamFiles {
  readonly #playlists = new PlaylistCache();

  /** What a viewer with this session gets at a path; undefined if the stream has nothing there. */
  at(playlist: LivePlaylist | undefined, path: string, ctx: string, query: string): Sender | undefined {
    if (playlist && path === playlist.path) return this.media(playlist, ctx, query);
    const file = playlist?.fileAt(path);
    return file && ((http, reply) => sendFile(http, reply, file, 'private'));
  }

  /** The media playlist, for a viewer with this session or without any. */
  media(playlist: LivePlaylist, ctx: string | undefined, query: string): Sender {
    return (http, reply) => {
      const ctxLength = playlist.options.tsCtx && ctx !== undefined ? ctx.length : 0;
      const form = this.#playlists.of(playlist, { ctxLength, vhost: namedVhost(playlist, query) });
      if (form) return sendPlaylist(http, reply, form, ctx, playlist.version);
      notThere(reply);
      return 0;
    };
  }

  /** The playlist that leads a new viewer to the media playlist; undefined while there is none. */
  master(playlist: LivePlaylist | undefined, ctx: string, request: PlaybackRequest): Sender | undefined {
    const variant = playlist?.variant;
    if (!playlist || !variant) return undefined;
    const text = masterPlaylistText(variant, playlistUri(request, playlist.path, ctx));
    return (http, reply) => {
      sendMaster(http, reply, text);
      return 0;
    };
  }
}

/** The URI by which a request leads on to a media playlist, with the id of a session. */
export function playlistUri({ path, query }: PlaybackRequest, playlist: string, ctx: string): string {
  return `${relativeUri(path.join('/'), playlist)}?hls_ctx=${ctx}${query === '' ? '' : `&${query}`}`;
}

/** The vhost that has to be in the URIs of a playlist: one that its own URL names in the query. */
function namedVhost({ key: { vhost } }: LivePlaylist, query: string): string {
  return /(?:^|&)(?:vhost|domain)=/.test(query) && /^[\w.:-]+$/.test(vhost) ? vhost : '';
}
