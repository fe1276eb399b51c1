import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { until } from './until.ts';

/** A port for a program that cannot be told to choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether somebody listens there. */
export async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return answered;
}

/** Waits until somebody listens there. */
export async function listening(port: number): Promise<void> {
  await until(`a listener at port ${port}`, () => answers(port));
}
