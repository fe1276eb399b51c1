import type { JSX } from 'preact';
import { Empty } from '../ui/empty.tsx';
import { Page } from './page.tsx';

/** Stands where a page could not be loaded or shown, as after an upgrade of the server. */
export function BrokenPage(): JSX.Element {
  return (
    <Page title="This page does not work">
      <div class="panel" role="alert">
        <Empty icon="warning" title="It could not be loaded or shown">
          <p>
            If the server is another version than when this window was opened, loading it again is enough.
          </p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Load it again
          </button>
        </Empty>
      </div>
    </Page>
  );
}
