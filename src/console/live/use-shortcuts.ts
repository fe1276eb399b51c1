import { useEffect, useRef } from 'preact/hooks';
import { readKept } from './use-kept.ts';

/** Effect of a key; two keys pressed one after the other are written with a space between them. */
export type Shortcuts = Readonly<Record<string, () => void>>;

/** The second key of two has to come within this time. */
const PAIR_MS = 1200;

/** Listens to keys while the component is on the page, but not while somebody writes or answers a dialogue. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    let first = '';
    let firstAt = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTaken(event.target)) return;
      if (!readKept('shortcuts', true)) return;
      const pair = event.timeStamp - firstAt < PAIR_MS ? `${first} ${event.key}` : '';
      first = event.key;
      firstAt = event.timeStamp;
      const act = latest.current[pair] ?? latest.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]')) return true;
  return target instanceof HTMLElement && target.closest('input, textarea, select') !== null;
}
