import type { JSX } from 'preact';
import type { WorkerFacts } from '../api/contract.ts';
import { TablePanel } from '../ui/table-panel.tsx';
import { formatBytes, formatCount, formatMs } from '../words/amounts.ts';

/** The processes that serve clients. */
export function WorkerTable({ workers }: { readonly workers: readonly WorkerFacts[] }): JSX.Element {
  return (
    <TablePanel title={workers.length === 1 ? 'Process' : 'Workers'}>
      <table>
        <thead>
          <tr>
            <th scope="col">Worker</th>
            <th scope="col">Process</th>
            <th scope="col" class="number">
              Connections
            </th>
            <th scope="col" class="number">
              Processor
            </th>
            <th scope="col" class="number">
              Memory
            </th>
            <th scope="col" class="number">
              Heap
            </th>
            <th scope="col" class="number">
              Loop delay, half
            </th>
            <th scope="col" class="number">
              99 %
            </th>
            <th scope="col" class="number">
              most
            </th>
          </tr>
        </thead>
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
