import type { JSX } from 'preact';
import type { Client } from '../api/contract.ts';
import { formatBytes, formatCount, formatRate } from '../format/amounts.ts';
import { protocolName } from '../format/media.ts';
import { formatDuration } from '../format/times.ts';
import { Badge } from '../ui/badge.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { type Column, TableHead } from '../ui/table-head.tsx';
import { TablePanel } from '../ui/table-panel.tsx';
import { KickButton } from './kick-button.tsx';

const COLUMNS: readonly Column[] = [
  { name: 'Client' },
  { name: 'Role' },
  { name: 'Protocol' },
  { name: 'Address' },
  { name: 'Program' },
  { name: 'Here for', look: 'number' },
  { name: 'Rate, 30 s', look: 'number' },
  { name: 'Lag', look: 'number' },
  { name: 'Skips', look: 'number' },
  { name: 'Kick', look: 'unseen' },
];

interface TableProps {
  readonly clients: readonly Client[] | undefined;
  /** When the server said so. */
  readonly now: number;
}

/** Clients of the stream; the publisher first, then by how long they have been here. */
export function ClientTable({ clients, now }: TableProps): JSX.Element {
  if (!clients) return <Loading shape="card-shape" />;
  const rank = ({ role }: Client) => (role === 'publish' ? 0 : 1);
  const sorted = clients.toSorted((a, b) => rank(a) - rank(b) || a.connectedAt - b.connectedAt);
  return (
    <TablePanel title="Clients" note={formatCount(clients.length)}>
      {sorted.length === 0 ? (
        <Empty icon="viewers" title="Nobody is here" />
      ) : (
        <table>
          <TableHead columns={COLUMNS} />
          <tbody>
            {sorted.map((client) => (
              <ClientRow key={client.id} client={client} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </TablePanel>
  );
}

function ClientRow({ client, now }: { readonly client: Client; readonly now: number }): JSX.Element {
  const { id, role, protocol, ip, agent, connectedAt, recvKbps, sendKbps, backlogBytes, skips } = client;
  const publishes = role === 'publish';
  return (
    <tr>
      <th scope="row" class="mono">
        <a
          href={`/console/hooks?client=${encodeURIComponent(id)}`}
          title="What your backend was asked about this client"
        >
          {id}
        </a>
      </th>
      <td>
        <Badge tone={publishes ? 'good' : 'calm'}>{publishes ? 'publisher' : 'viewer'}</Badge>
      </td>
      <td>{protocolName(protocol)}</td>
      <td class="mono">{ip}</td>
      <td>
        <span class="agent truncate" title={agent}>
          {agent || '–'}
        </span>
      </td>
      <td class="number">{formatDuration(now - connectedAt)}</td>
      <td class="number">{formatRate(publishes ? recvKbps : sendKbps)}</td>
      <td class="number">{publishes ? '–' : lagOf(backlogBytes, sendKbps)}</td>
      <td class="number">{publishes ? '–' : formatCount(skips)}</td>
      <td class="number">
        <KickButton id={id} who={`${publishes ? 'the publisher' : 'the viewer'} ${id} from ${ip}`} />
      </td>
    </tr>
  );
}

/** Backlog of a player, in bytes and in the time that it takes to send it. */
function lagOf(bytes: number, kbps: number): string {
  if (bytes === 0) return '0';
  const seconds = kbps === 0 ? '' : ` (${((bytes * 8) / (kbps * 1000)).toFixed(1)} s)`;
  return `${formatBytes(bytes)}${seconds}`;
}
