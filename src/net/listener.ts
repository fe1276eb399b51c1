import { createServer, type Server, type Socket } from 'node:net';
import type { Bind } from './binds.ts';

/** A listening port that takes sockets until it is closed. */
export interface Listener {
  /** Where it listens, with the port that the operating system chose. */
  readonly address: { readonly host: string; readonly port: number };
  /** Stops accepting. Sockets that were taken stay. */
  close(): void;
}

/**
 * Listens and hands each socket out, paused: it is read once somebody resumes it. Rejects with a sentence when the address
 * cannot be had.
 */
export async function listen(
  where: Omit<Bind, 'isOptional'>,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const server: Server = createServer({ noDelay: false, pauseOnConnect: true }, onSocket);
  const { host, port, ipv6Only } = where;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(explain(error, host, port), { cause: error })),
    );
    // The backlog holds a burst of joiners that arrive within one turn of the loop.
    server.listen({ port, ipv6Only, backlog: 4096, ...(host === undefined ? {} : { host }) }, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a TCP listener has an address and a port');
  server.removeAllListeners('error');
  // Running out of file descriptors is reported here; the listener goes on when some are free.
  server.on('error', () => undefined);
  return { address: { host: address.address, port: address.port }, close: () => server.close() };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port. Stop it or change "listen".',
  EACCES: 'ports below 1024 need permission.',
  EADDRNOTAVAIL: 'this machine has no such address.',
  EAFNOSUPPORT: 'this machine has no IPv6.',
};

/** Whether that is why an address of IPv6 cannot be had: there is no IPv6, or it is switched off. */
export function isLackOfIpv6(error: unknown): boolean {
  const { code = '' } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}

/** An address as people write it. */
export function showAddress({
  host = '*',
  port,
}: {
  readonly host: string | undefined;
  readonly port: number;
}): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function explain(error: NodeJS.ErrnoException, host: string | undefined, port: number): string {
  return `cannot listen on ${showAddress({ host, port })}: ${REASONS[error.code ?? ''] ?? error.message}`;
}
