import type { JSX } from 'preact';
import { Empty } from '../ui/empty.tsx';
import { Page } from './page.tsx';

/** Page of an address that leads nowhere. */
export function NoPage(): JSX.Element {
  return (
    <Page title="There is no such page">
      <div class="panel">
        <Empty icon="warning" title="The address leads nowhere">
          <a class="button" href="/console/">
            Show the streams
          </a>
        </Empty>
      </div>
    </Page>
  );
}
