import type { JSX } from 'preact';
import { useConsole } from '../live/console-context.ts';
import { useStore } from '../live/store.ts';
import { Icon } from '../ui/icon.tsx';

/** Says that what the page shows is old, while it is. */
export function LostBar(): JSX.Element {
  const { feed } = useConsole();
  const lost = useStore(feed.state) === 'lost';
  return (
    <div role="status">
      {lost ? (
        <p class="lost">
          <Icon name="warning" />
          The connection to the server is lost; trying again. What you see is what it said last.
        </p>
      ) : null}
    </div>
  );
}
