import { type Script, type ScriptedBackend, startBackend } from '../hooks/scripted-backend.ts';
import { until } from './until.ts';

/** One POST, as a backend got it. */
export interface Post {
  readonly backend: string;
  /** Path and query. */
  readonly url: string;
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The body's very text. */
  readonly text: string;
}

/** What a backend says: a body with status 200, another status, or nothing at all. */
export type Reply = string | { readonly status: number; readonly body?: string } | 'hang';

/** Backends that share one journal, so that the order between them shows. */
export interface HookBackends {
  /** `http://127.0.0.1:port` by name. */
  readonly at: Readonly<Record<string, string>>;
  readonly posts: readonly Post[];
  /** `backend action` of each POST so far. */
  readonly order: readonly string[];
  /** From now on, what a backend says to an action. */
  reply(backend: string, action: string, reply: Reply): void;
  /** TCP connections that a backend has been given so far. */
  connections(backend: string): number;
  /** Forgets the POSTs so far. */
  forget(): void;
  /** Waits until the journal holds so many POSTs, of one action if it is given, and returns them. */
  received(count: number, action?: string): Promise<readonly Post[]>;
  /** Ends one of them, connections and all. */
  kill(backend: string): Promise<void>;
  /** Starts one again that was killed, at its old port. */
  restart(backend: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts backends that say yes until told otherwise. */
export async function startBackends(...names: readonly string[]): Promise<HookBackends> {
  const posts: Post[] = [];
  const replies = new Map<string, Reply>();
  const backends = new Map<string, ScriptedBackend>();
  const start = async (name: string, port?: number) => {
    const script: Script = (request) => {
      const body = JSON.parse(request.body) as Record<string, unknown>;
      const action = String(body['action']);
      posts.push({ backend: name, url: request.url, action, body, text: request.body });
      const reply = replies.get(`${name} ${action}`) ?? '0';
      return reply === 'hang' ? undefined : reply;
    };
    backends.set(name, await startBackend(script, port === undefined ? {} : { port }));
  };
  for (const name of names) await start(name);
  const at = Object.fromEntries([...backends].map(([name, { origin }]) => [name, origin]));
  return {
    at,
    posts,
    get order() {
      return posts.map(({ backend, action }) => `${backend} ${action}`);
    },
    reply: (backend, action, reply) => void replies.set(`${backend} ${action}`, reply),
    connections: (backend) => backends.get(backend)?.connections() ?? 0,
    forget() {
      posts.length = 0;
    },
    received(count, action) {
      const matching = () => posts.filter((post) => action === undefined || post.action === action);
      return until(`${count} POSTs ${action ?? ''}`, () => matching().length >= count && matching()).catch(
        (error: unknown) => {
          throw new Error(`there are ${matching().length} POSTs: ${posts.slice(-10).map((p) => p.action)}`, {
            cause: error,
          });
        },
      );
    },
    async kill(backend) {
      await backends.get(backend)?.close();
      backends.delete(backend);
    },
    restart: (backend) => start(backend, Number(new URL(at[backend] ?? '').port)),
    async stop() {
      await Promise.all([...backends.values()].map((backend) => backend.close()));
    },
  };
}

/** `http_hooks` that send every event to each origin, at `/prefix/action`. */
export function hooksTo(origins: readonly string[], prefix: string, directives = ''): string {
  const actions = ['on_connect', 'on_publish', 'on_play', 'on_unpublish', 'on_stop', 'on_close'];
  const lines = actions.map(
    (action) => `${action} ${origins.map((origin) => `${origin}/${prefix}/${action}`).join(' ')};`,
  );
  return `http_hooks { enabled on; ${directives} ${lines.join(' ')} }`;
}
