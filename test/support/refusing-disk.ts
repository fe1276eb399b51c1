import type * as files from 'node:fs/promises';

type Method = (...args: unknown[]) => Promise<unknown>;

/** A disk that refuses what a test says: the code of an error for an operation at a path, or nothing. */
export interface RefusingDisk {
  refuses: (operation: string, path: string) => string | undefined | Promise<undefined>;
}

/** `node:fs/promises` on such a disk, its open files too. */
export function refusing(original: typeof files, disk: RefusingDisk): typeof files {
  const guarded = (name: string, method: Method, at?: string): Method => {
    return async (...args) => {
      const code = await disk.refuses(name, at ?? String(args[0]));
      if (code !== undefined) throw Object.assign(new Error(`${code}: refused, ${name}`), { code });
      return method(...args);
    };
  };
  const handleAt = (handle: files.FileHandle, path: string): files.FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const method = (value as Method).bind(target);
        return name === 'writev' || name === 'write' ? guarded(name, method, path) : method;
      },
    });
  const open = guarded('open', original.open as Method);
  return {
    ...original,
    writeFile: guarded('writeFile', original.writeFile as Method),
    rename: guarded('rename', original.rename as Method),
    rm: guarded('rm', original.rm as Method),
    open: async (...args: unknown[]) => handleAt((await open(...args)) as files.FileHandle, String(args[0])),
  } as typeof files;
}
