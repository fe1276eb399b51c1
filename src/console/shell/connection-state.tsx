import type { JSX } from 'preact';
import { useConsole } from '../live/console-context.ts';
import type { FeedState } from '../live/follow.ts';
import { useStore } from '../live/store.ts';

const WORDS: Readonly<Record<FeedState, { readonly text: string; readonly tone: string }>> = {
  connecting: { text: 'Connecting …', tone: 'calm' },
  live: { text: 'Live', tone: 'good' },
  lost: { text: 'Connection lost', tone: 'warn' },
};

/** Whether what the page shows is what the server says now. */
export function ConnectionState(): JSX.Element {
  const { feed } = useConsole();
  const { text, tone } = WORDS[useStore(feed.state)];
  return (
    <div class="row">
      <span class="connection">
        <span class={`dot ${tone}`} aria-hidden="true" /> {text}
      </span>
    </div>
  );
}
