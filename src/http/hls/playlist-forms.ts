import type { LivePlaylist } from '../../hls/live-playlist.ts';
import { BLANK, FilledForm } from './filled-form.ts';
import { CTX_LENGTH } from './session.ts';

interface Made {
  readonly version: number;
  readonly form: FilledForm;
}

/** The texts of playlists, made once for each version of one, whoever asks. */
export class PlaylistForms {
  readonly #withCtx = new WeakMap<LivePlaylist, Made>();
  readonly #without = new WeakMap<LivePlaylist, Made>();

  /** The text of this moment, with blanks for the id of a session or without any; undefined while there is none. */
  of(playlist: LivePlaylist, withCtx: boolean): FilledForm | undefined {
    const all = withCtx ? this.#withCtx : this.#without;
    const known = all.get(playlist);
    if (known?.version === playlist.version) return known.form;
    const text = playlist.text(withCtx ? `?hls_ctx=${BLANK}` : '');
    if (text === undefined) return undefined;
    const form = new FilledForm(text, CTX_LENGTH);
    all.set(playlist, { version: playlist.version, form });
    return form;
  }
}
