import type { AddressInfo, Server } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';

/** Listens, and resolves with the server's origin. Ends the command with a sentence if that cannot be done. */
export function listenOrExplain(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  command: Command,
): Promise<string> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      command.error(`error: ${explain(error, host, port)}`, { exitCode: 1, code: 'callbacks.listen' });
    });
    server.listen(port, host, () => {
      const { address, port: bound } = server.address() as AddressInfo;
      resolve(`http://${address.includes(':') ? `[${address}]` : address}:${bound}`);
    });
  });
}

/** The number of a port; an error of the command line if it is none. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is in use by another program; choose one with --port.`;
  if (error.code === 'EACCES')
    return `Port ${port} may not be opened by this user; choose one above 1023 with --port.`;
  if (error.code === 'EADDRNOTAVAIL') return `The address ${host} is none of this machine's.`;
  return `Cannot listen at ${host} port ${port}: ${error.message}.`;
}
