import type { LivePlaylist } from '../../hls/live-playlist.ts';
import { BLANK, FilledForm } from './playlist-template.ts';

interface Made {
  readonly version: number;
  readonly forms: Map<string, FilledForm>;
}

/** What is behind each URI of a playlist. */
export interface UriQuery {
  /** Characters of the id of a session; 0 if there is none. */
  readonly ctxLength: number;
  /** The vhost, where the URI would lead to another one without it; otherwise empty. */
  readonly vhost: string;
}

/** The texts of playlists, made once for each version of one, whoever asks. */
export class PlaylistForms {
  readonly #made = new WeakMap<LivePlaylist, Made>();

  /** The text of this moment, with blanks for the id of a session if it has one; undefined while there is none. */
  of(playlist: LivePlaylist, { ctxLength, vhost }: UriQuery): FilledForm | undefined {
    const { version } = playlist;
    let made = this.#made.get(playlist);
    if (made?.version !== version) {
      made = { version, forms: new Map() };
      this.#made.set(playlist, made);
    }
    const name = `${ctxLength} ${vhost}`;
    const known = made.forms.get(name);
    if (known) return known;
    const words = [ctxLength > 0 ? `hls_ctx=${BLANK}` : '', vhost === '' ? '' : `vhost=${vhost}`];
    const query = words.filter((word) => word !== '').join('&');
    const text = playlist.text(query === '' ? '' : `?${query}`);
    if (text === undefined) return undefined;
    const form = new FilledForm(text, ctxLength);
    made.forms.set(name, form);
    return form;
  }
}
