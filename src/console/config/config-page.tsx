import type { JSX } from 'preact';
import { useLocation } from 'preact-iso/router';
import { useConsole } from '../live/console-context.ts';
import { useLoaded } from '../live/use-loaded.ts';
import { Page } from '../shell/page.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { Trouble } from '../ui/trouble.tsx';
import { Editor } from './editor.tsx';
import { SettingTree } from './setting-tree.tsx';

/** The configuration: what holds, and a way to change it. */
export function ConfigPage(): JSX.Element {
  const { api } = useConsole();
  const { path, query } = useLocation();
  const [loaded, reload] = useLoaded('config', api.config);
  const edits = path === '/console/config/edit';
  return (
    <Page
      title="Configuration"
      about={loaded.state === 'here' ? <span class="mono">{loaded.value.file}</span> : undefined}
      tools={
        <nav class="segments" aria-label="Configuration">
          <a class="segment" href="/console/config" aria-current={edits ? undefined : 'page'}>
            What holds
          </a>
          <a class="segment" href="/console/config/edit" aria-current={edits ? 'page' : undefined}>
            Edit
          </a>
        </nav>
      }
    >
      {loaded.state === 'loading' ? <Loading shape="card-shape" count={2} /> : null}
      {loaded.state === 'failed' ? <Trouble error={loaded.error} retry={reload} /> : null}
      {loaded.state === 'here' && !edits ? <SettingTree settings={loaded.value.settings} /> : null}
      {loaded.state === 'here' && edits && !loaded.value.editable ? <NotHere /> : null}
      {loaded.state === 'here' && edits && loaded.value.editable ? (
        <Editor
          key={loaded.value.etag}
          config={loaded.value}
          line={Number(query['line'] ?? 0)}
          reload={reload}
        />
      ) : null}
    </Page>
  );
}

function NotHere(): JSX.Element {
  return (
    <div class="panel">
      <Empty icon="config" title="The configuration cannot be changed here">
        <p>
          Write <code>edit_config on;</code> into the block http_api of the file, and reload the server with
          SIGHUP.
        </p>
      </Empty>
    </div>
  );
}
