import type { JSX } from 'preact';
import { useLocation } from 'preact-iso/router';

/** The two ways to look at hooks. */
export function HookTabs(): JSX.Element {
  const { path } = useLocation();
  const health = path === '/console/hooks/health';
  return (
    <nav class="segments" aria-label="Hooks">
      <a class="segment" href="/console/hooks" aria-current={health ? undefined : 'page'}>
        Deliveries
      </a>
      <a class="segment" href="/console/hooks/health" aria-current={health ? 'page' : undefined}>
        Backends
      </a>
    </nav>
  );
}
