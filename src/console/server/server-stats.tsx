import type { JSX } from 'preact';
import type { ServerFacts } from '../api/contract.ts';
import { formatBytes, formatCount } from '../format/amounts.ts';
import { formatDuration } from '../format/times.ts';
import { Stat } from '../ui/stat.tsx';

/** The server in figures. */
export function ServerStats({ facts }: { readonly facts: ServerFacts }): JSX.Element {
  const { uptimeMs, cpus, load, memory, workers } = facts;
  const connections = workers.reduce((sum, worker) => sum + worker.connections, 0);
  const used = memory.totalBytes - memory.freeBytes;
  const [one = 0, five = 0, fifteen = 0] = load;
  const figure = (value: number) => value.toFixed(2);
  return (
    <dl class="stats">
      <Stat label="Up for">{formatDuration(uptimeMs)}</Stat>
      <Stat label="Connections">{formatCount(connections)}</Stat>
      <Stat
        label="Load of the machine"
        note={`${figure(five)} in 5 min, ${figure(fifteen)} in 15 min`}
        tone={one > cpus ? 'warn' : undefined}
      >
        {figure(one)}
      </Stat>
      <Stat label="Cores">{formatCount(cpus)}</Stat>
      <Stat label="Memory of the machine" note={`of ${formatBytes(memory.totalBytes)}`}>
        {formatBytes(used)}
      </Stat>
    </dl>
  );
}
