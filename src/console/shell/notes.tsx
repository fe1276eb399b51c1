import type { JSX } from 'preact';
import type { Note } from './use-notes.ts';

/** Sentences about what has just been done. */
export function Notes({ notes }: { readonly notes: readonly Note[] }): JSX.Element {
  return (
    <div class="notes" role="status">
      {notes.map(({ key, sentence, tone }) => (
        <p key={key} class="note">
          <span class={`dot ${tone}`} aria-hidden="true" />
          {sentence}
        </p>
      ))}
    </div>
  );
}
