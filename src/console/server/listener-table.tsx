import type { JSX } from 'preact';
import type { Listening } from '../api/contract.ts';
import { type Column, TableHead } from '../ui/table-head.tsx';
import { TablePanel } from '../ui/table-panel.tsx';

const COLUMNS: readonly Column[] = [{ name: 'Address' }, { name: 'For' }];

const FOR: Readonly<Record<Listening['protocol'], string>> = {
  rtmp: 'RTMP: publishers and players',
  rtmps: 'RTMP over TLS: publishers and players',
  http: 'HTTP: HTTP-FLV, HLS, files',
  https: 'HTTPS: HTTP-FLV, HLS, files',
  api: 'Control API and this console',
};

/** Addresses at which the server can be reached. */
export function ListenerTable({ listening }: { readonly listening: readonly Listening[] }): JSX.Element {
  return (
    <TablePanel title="Listeners">
      <table>
        <TableHead columns={COLUMNS} />
        <tbody>
          {listening.map(({ protocol, host, port }) => (
            <tr key={`${protocol} ${host} ${port}`}>
              <th scope="row" class="mono">
                {host.includes(':') ? `[${host}]` : host}:{port}
              </th>
              <td>{FOR[protocol]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TablePanel>
  );
}
