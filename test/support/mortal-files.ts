import { AsyncLocalStorage } from 'node:async_hooks';
import type * as files from 'node:fs/promises';

type Files = typeof files;
type Method = (...args: unknown[]) => Promise<unknown>;

/** What changes a disk, of the module and of an open file. */
const CHANGES: ReadonlySet<PropertyKey> = new Set([
  ...['appendFile', 'mkdir', 'open', 'rename', 'rm', 'rmdir', 'unlink', 'writeFile'],
  ...['datasync', 'truncate', 'write', 'writev'],
]);

const lives = new AsyncLocalStorage<Life>();

/**
 * A process as the disk sees it: what runs in it may change so much, and nothing any more from then on, nor does it hear
 * of anything, as after `kill -9`. Files have to be those of {@link mortal}.
 */
export class Life {
  /** Changes so far. */
  changes = 0;
  readonly #handles = new Set<files.FileHandle>();
  readonly #most: number;
  readonly #died: Promise<false>;
  #die = () => {};

  /** It dies instead of changing anything once more. */
  constructor(most: number) {
    this.#most = most;
    this.#died = new Promise((resolve) => {
      this.#die = () => resolve(false);
    });
  }

  /** Settles when the work is done, true, or when the process died of it. */
  async live(work: () => Promise<unknown>): Promise<boolean> {
    const survived = await Promise.race([lives.run(this, work).then(() => true), this.#died]);
    // As the system does with the files of a process that is no more.
    for (const handle of this.#handles) await handle.close();
    return survived;
  }

  /** It has opened a file. */
  opened(handle: files.FileHandle): void {
    this.#handles.add(handle);
  }

  /** Does what changes the disk, if there is life in it. */
  async change(work: () => Promise<unknown>): Promise<unknown> {
    if (this.changes >= this.#most) {
      this.#die();
      return new Promise(() => undefined);
    }
    this.changes++;
    return work();
  }
}

/** `node:fs/promises` for processes that may die. */
export function mortal(original: Files): Files {
  return { ...original, ...wrapped(original) } as Files;
}

function wrapped(target: object): Record<string, Method> {
  const methods = Object.entries(target).filter(
    ([name, value]) => CHANGES.has(name) && typeof value === 'function',
  );
  return Object.fromEntries(
    methods.map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        const work = () => (method as Method)(...args);
        const result = await (lives.getStore()?.change(work) ?? work());
        if (name !== 'open') return result;
        lives.getStore()?.opened(result as files.FileHandle);
        return mortalHandle(result as files.FileHandle);
      },
    ]),
  );
}

function mortalHandle(handle: files.FileHandle): files.FileHandle {
  return new Proxy(handle, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const work = (value as Method).bind(target);
      if (!CHANGES.has(name)) return work;
      return (...args: unknown[]) => lives.getStore()?.change(() => work(...args)) ?? work(...args);
    },
  });
}
