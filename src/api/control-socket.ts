import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { CONTROL_SOCKET, type HookControl } from '../model/control.ts';
import { hookRoutes } from './hook-routes.ts';

/** Time that requests have to finish when the server stops. */
export const CLOSE_TIMEOUT_MS = 1_000;

const MAX_SOCKET_PATH_DARWIN = 103;

/** Bytes of a unix socket's path: the kernel's `sun_path` without the NUL at its end. macOS has the shorter one. */
const MAX_SOCKET_PATH = 107;

/** Time that whoever holds a state directory has to say who it is. */
const HOLDER_TIMEOUT_MS = 2_000;

/** Longest request to the control socket, in bytes; there is nothing to say there. */
const MAX_CONTROL_BODY_BYTES = 65_536;

/** A server's hold on its state directory. */
export interface ControlSocket {
  /** Lets requests finish, those who take too long not, and gives the directory free. */
  close(): Promise<void>;
}

const ELSEWHERE = 'a server with http_hooks or dvr needs a state_dir that it can write to';

/** Process that answers at a control socket. */
interface Holder {
  readonly pid: number | undefined;
}

/**
 * Takes hold of a state directory and opens the control socket in it, for this user alone. The socket is the lock as
 * well: rejects, with a sentence, if somebody answers at it. What a killed server left there is replaced.
 */
export async function openControlSocket(stateDir: string, control: HookControl): Promise<ControlSocket> {
  const path = join(stateDir, CONTROL_SOCKET);
  checkLength(path);
  makeDirectory(stateDir);
  const app = fastify({ bodyLimit: MAX_CONTROL_BODY_BYTES, forceCloseConnections: 'idle' });
  app.get('/process', () => ({ pid: process.pid }));
  await app.register(hookRoutes(control));
  // No longer than the name that it gets, which may be as long as a path can be.
  const unnamed = join(stateDir, `c${randomBytes(3).toString('hex')}.tmp`);
  try {
    await listenAt(app, unnamed, path);
    await giveName(unnamed, path, stateDir);
  } catch (error) {
    await app.close();
    throw error;
  } finally {
    rmSync(unnamed, { force: true });
  }
  return {
    async close() {
      // First of all: from here on the name may belong to the next server.
      rmSync(path, { force: true });
      const timer = setTimeout(() => app.server.closeAllConnections(), CLOSE_TIMEOUT_MS);
      await app.close();
      clearTimeout(timer);
    },
  };
}

/** The socket gets its rights before it gets its name, so nobody else is ever let in. */
async function listenAt(app: FastifyInstance, unnamed: string, path: string): Promise<void> {
  try {
    await app.listen({ path: unnamed });
    chmodSync(unnamed, 0o600);
  } catch (error) {
    throw new Error(`cannot open the control socket ${path}: ${(error as Error).message}; ${ELSEWHERE}`, {
      cause: error,
    });
  }
}

/** Gives the socket its name, which the file system gives to one only; a name that nobody answers at is free. */
async function giveName(unnamed: string, path: string, stateDir: string): Promise<void> {
  for (;;) {
    try {
      linkSync(unnamed, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const found = identityOf(path);
    refuseIfHeld(stateDir, await holderOf(path));
    // Unless it is another one's by now.
    if (identityOf(path) === found) rmSync(path, { force: true });
  }
}

/** Identity of a file, told from a later one with its name, and perhaps its inode. */
function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return `${stat?.ino} ${stat?.ctimeNs}`;
}

function checkLength(path: string): void {
  const most = process.platform === 'darwin' ? MAX_SOCKET_PATH_DARWIN : MAX_SOCKET_PATH;
  const length = Buffer.byteLength(path);
  if (length <= most) return;
  throw new Error(
    `the path of the control socket has ${length} bytes and may have ${most}: give a shorter state_dir than ${path.slice(0, -`/${CONTROL_SOCKET}`.length)}`,
  );
}

function makeDirectory(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true });
  } catch (error) {
    throw new Error(
      `cannot make the state directory ${stateDir}: ${(error as Error).message}; ${ELSEWHERE}`,
      {
        cause: error,
      },
    );
  }
}

function refuseIfHeld(stateDir: string, holder: Holder | undefined): void {
  if (!holder) return;
  const who = holder.pid === undefined ? 'another process' : `process ${holder.pid}`;
  throw new Error(
    `the state directory ${stateDir} is used by ${who}; give this server its own with state_dir`,
  );
}

/** Process that answers at a path; undefined if none does. One that accepts and says nothing counts too. */
function holderOf(socketPath: string): Promise<Holder | undefined> {
  return new Promise((resolve) => {
    const asking = request(
      { socketPath, path: '/process', agent: false, timeout: HOLDER_TIMEOUT_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('close', () => resolve(readHolder(text)));
      },
    );
    asking.on('timeout', () => {
      resolve({ pid: undefined });
      asking.destroy();
    });
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTSOCK';
      resolve(nobody ? undefined : { pid: undefined });
    });
    asking.end();
  });
}

function readHolder(text: string): Holder {
  try {
    const { pid } = JSON.parse(text) as { pid?: unknown };
    return { pid: typeof pid === 'number' ? pid : undefined };
  } catch {
    return { pid: undefined };
  }
}
