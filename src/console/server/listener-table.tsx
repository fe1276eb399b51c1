import type { JSX } from 'preact';
import type { Listening } from '../api/contract.ts';
import { TablePanel } from '../ui/table-panel.tsx';

const FOR: Readonly<Record<Listening['protocol'], string>> = {
  rtmp: 'RTMP: publishers and players',
  rtmps: 'RTMP over TLS: publishers and players',
  http: 'HTTP: HTTP-FLV, HLS, files',
  https: 'HTTPS: HTTP-FLV, HLS, files',
  api: 'Control API and this console',
};

/** Where the server can be reached. */
export function ListenerTable({ listening }: { readonly listening: readonly Listening[] }): JSX.Element {
  return (
    <TablePanel title="Listeners">
      <table>
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">For</th>
          </tr>
        </thead>
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
