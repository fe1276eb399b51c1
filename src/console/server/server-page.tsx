import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { ServerFacts } from '../api/contract.ts';
import { formatBytes, formatMs } from '../format/amounts.ts';
import { useConsole } from '../live/console-context.ts';
import { useFeed } from '../live/use-feed.ts';
import { Page } from '../shell/page.tsx';
import { Plot } from '../ui/plot.tsx';
import { ListenerTable } from './listener-table.tsx';
import { LoadHistory, type LoadPlots } from './load-history.ts';
import { ServerStats } from './server-stats.tsx';
import { WorkerTable } from './worker-table.tsx';

const CPU = [{ label: 'All processes', color: '--chart-1', look: 'area' }] as const;
const DELAY = [
  { label: '99 %', color: '--chart-2', look: 'line' },
  { label: 'half', color: '--chart-1', look: 'line' },
] as const;
const MEMORY = [{ label: 'All processes', color: '--chart-3', look: 'area' }] as const;

const percent = (value: number) => `${Math.round(value)} %`;

/** State of the server itself. */
export function ServerPage(): JSX.Element {
  const { server } = useConsole();
  const history = useRef(new LoadHistory());
  const [facts, setFacts] = useState<ServerFacts>(server);
  const [plots, setPlots] = useState<LoadPlots>({ cpu: [[], []], delay: [[], [], []], memory: [[], []] });
  useFeed({ topics: ['server'] }, (event) => {
    if (event.event !== 'server') return;
    setFacts(event.data);
    setPlots(history.current.take(event.data, Date.now()));
  });
  const { version, nodeVersion, pid, serverId, workers } = facts;
  const delay = Math.max(0, ...workers.map(({ loopDelayMs }) => loopDelayMs.p99));
  const cpu = workers.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0);
  const rss = workers.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return (
    <Page
      title="Server"
      about={
        <>
          Gatecast {version} on Node.js {nodeVersion.replace(/^v/, '')}, process {pid},{' '}
          <span class="mono">{serverId}</span>
        </>
      }
    >
      <ServerStats facts={facts} />
      <div class="plots">
        <Plot
          title="Processor"
          series={CPU}
          data={plots.cpu}
          format={percent}
          summary={`Now ${percent(cpu)} of one core.`}
        />
        <Plot
          title="Event loop delay"
          series={DELAY}
          data={plots.delay}
          format={formatMs}
          summary={`Now 99 % within ${formatMs(delay)}.`}
        />
        <Plot
          title="Memory"
          series={MEMORY}
          data={plots.memory}
          format={formatBytes}
          summary={`Now ${formatBytes(rss)}.`}
        />
      </div>
      <WorkerTable workers={workers} />
      <ListenerTable listening={facts.listening} />
    </Page>
  );
}
