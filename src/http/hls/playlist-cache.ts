import type { LivePlaylist } from '../../hls/live-playlist.ts';
import { BLANK, PlaylistTemplate } from './playlist-template.ts';

interface Made {
  readonly version: number;
  readonly playlists: Map<string, PlaylistTemplate>;
}

/** What is behind each URI of a playlist. */
export interface UriQuery {
  /** Characters of the id of a session; 0 if there is none. */
  readonly ctxLength: number;
  /** The vhost, where the URI would lead to another one without it; otherwise empty. */
  readonly vhost: string;
}

/** The texts of playlists, made once for each version of one, whoever asks. */
export class PlaylistCache {
  readonly #made = new WeakMap<LivePlaylist, Made>();

  /** The text of this moment, with blanks for the id of a session if it has one; undefined while there is none. */
  of(playlist: LivePlaylist, { ctxLength, vhost }: UriQuery): PlaylistTemplate | undefined {
    const { version } = playlist;
    let made = this.#made.get(playlist);
    if (made?.version !== version) {
      made = { version, playlists: new Map() };
      this.#made.set(playlist, made);
    }
    const name = `${ctxLength} ${vhost}`;
    const known = made.playlists.get(name);
    if (known) return known;
    const words = [ctxLength > 0 ? `hls_ctx=${BLANK}` : '', vhost === '' ? '' : `vhost=${vhost}`];
    const query = words.filter((word) => word !== '').join('&');
    const text = playlist.text(query === '' ? '' : `?${query}`);
    if (text === undefined) return undefined;
    const form = new PlaylistTemplate(text, ctxLength);
    made.playlists.set(name, form);
    return form;
  }
}
