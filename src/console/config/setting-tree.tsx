import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Setting } from '../api/config-contract.ts';
import { plural } from '../format/amounts.ts';
import { useShortcuts } from '../live/use-shortcuts.ts';
import { Empty } from '../ui/empty.tsx';
import { Switch } from '../ui/switch.tsx';
import { isGiven, type SettingRow, settingRows } from './setting-rows.ts';

/** Every directive with the value that holds, and where it comes from. */
export function SettingTree({ settings }: { readonly settings: readonly Setting[] }): JSX.Element {
  const [words, setWords] = useState('');
  const [given, setGiven] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useShortcuts({ '/': () => search.current?.focus() });
  const rows = settingRows(settings, { words, given });
  const set = rows.filter(({ isBlock, origin }) => !isBlock && isGiven(origin)).length;
  return (
    <section class="panel" aria-label="What holds">
      <div class="tree-bar">
        <input
          ref={search}
          class="input"
          type="search"
          aria-label="Find a directive or value"
          placeholder="Find a directive or value"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <Switch label="Only what differs" on={given} change={setGiven} />
        <span class="faint">{plural(set, 'directive')} set, the others have their defaults</span>
      </div>
      {rows.length === 0 ? (
        <Empty icon="config" title="Nothing fits" />
      ) : (
        <ul class="tree">
          {rows.map((row) => (
            <TreeRow key={row.key} row={row} />
          ))}
        </ul>
      )}
    </section>
  );
}

function TreeRow({ row }: { readonly row: SettingRow }): JSX.Element {
  const { depth, name, args, isBlock, origin } = row;
  const kind = isBlock ? 'block' : isGiven(origin) ? 'given' : 'default';
  return (
    <li class={`tree-row depth-${Math.min(depth, 4)} ${kind}`}>
      <span class="tree-name mono">{name}</span>
      <span class="tree-args mono">{args.join(' ')}</span>
      <span class="tree-origin">{isBlock && !isGiven(origin) ? null : <Origin {...row} />}</span>
    </li>
  );
}

function Origin({ origin, file, line }: SettingRow): JSX.Element {
  switch (origin) {
    case 'default':
      return <span class="faint">default</span>;
    case 'unset':
      return <span class="faint">not set</span>;
    case 'env':
      return <span title={file ?? ''}>{file}</span>;
    case 'file':
      return (
        <a href={`/console/config/edit?line=${line}`} title={file ?? ''}>
          line {line}
        </a>
      );
    default:
      return origin satisfies never;
  }
}
