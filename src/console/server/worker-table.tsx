import type { JSX } from 'preact';
import type { WorkerFacts } from '../api/contract.ts';
import { formatBytes, formatCount, formatMs } from '../format/amounts.ts';
import { type Column, TableHead } from '../ui/table-head.tsx';
import { TablePanel } from '../ui/table-panel.tsx';

const COLUMNS: readonly Column[] = [
  { name: 'Worker' },
  { name: 'Process' },
  { name: 'Connections', look: 'number' },
  { name: 'Processor', look: 'number' },
  { name: 'Memory', look: 'number' },
  { name: 'Heap', look: 'number' },
  { name: 'Loop delay, half', look: 'number' },
  { name: '99 %', look: 'number' },
  { name: 'most', look: 'number' },
];

/** The processes that serve clients. */
export function WorkerTable({ workers }: { readonly workers: readonly WorkerFacts[] }): JSX.Element {
  return (
    <TablePanel title={workers.length === 1 ? 'Process' : 'Workers'}>
      <table>
        <TableHead columns={COLUMNS} />
        <tbody>
          {workers.map((worker) => (
            <WorkerRow key={worker.worker} worker={worker} />
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}

function WorkerRow({ worker: facts }: { readonly worker: WorkerFacts }): JSX.Element {
  const { worker, pid, connections, cpuPercent, rssBytes, heapUsedBytes, loopDelayMs } = facts;
  return (
    <tr>
      <th scope="row">{worker === 0 ? 'the only one' : worker}</th>
      <td class="mono">{pid}</td>
      <td class="number">{formatCount(connections)}</td>
      <td class="number">{Math.round(cpuPercent)} %</td>
      <td class="number">{formatBytes(rssBytes)}</td>
      <td class="number">{formatBytes(heapUsedBytes)}</td>
      <td class="number">{formatMs(loopDelayMs.p50)}</td>
      <td class="number">{formatMs(loopDelayMs.p99)}</td>
      <td class="number">{formatMs(loopDelayMs.max)}</td>
    </tr>
  );
}
