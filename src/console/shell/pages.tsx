import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ErrorBoundary, default as lazy } from 'preact-iso/lazy';
import { Route, Router, useLocation } from 'preact-iso/router';
import { HealthPage } from '../hooks/health-page.tsx';
import { HooksPage } from '../hooks/hooks-page.tsx';
import { StreamsPage } from '../streams/streams-page.tsx';
import { BrokenPage } from './broken-page.tsx';
import { NoPage } from './no-page.tsx';

// Plots and the editor come when somebody goes there.
const StreamPage = lazy(() => import('../stream/stream-page.tsx').then(({ StreamPage: page }) => page));
const ConfigPage = lazy(() => import('../config/config-page.tsx').then(({ ConfigPage: page }) => page));
const ServerPage = lazy(() => import('../server/server-page.tsx').then(({ ServerPage: page }) => page));

/** The page that the address names. */
export function Pages(): JSX.Element {
  const { path } = useLocation();
  const [brokenAt, setBrokenAt] = useState<string | undefined>(undefined);
  if (brokenAt === path) return <BrokenPage />;
  return (
    <ErrorBoundary onError={() => setBrokenAt(path)}>
      <Router>
        <Route path="/console" component={StreamsPage} />
        <Route path="/console/streams/:id" component={StreamPage} />
        <Route path="/console/hooks" component={HooksPage} />
        <Route path="/console/hooks/deliveries/:id" component={HooksPage} />
        <Route path="/console/hooks/health" component={HealthPage} />
        <Route path="/console/config" component={ConfigPage} />
        <Route path="/console/config/edit" component={ConfigPage} />
        <Route path="/console/server" component={ServerPage} />
        <Route default component={NoPage} />
      </Router>
    </ErrorBoundary>
  );
}
