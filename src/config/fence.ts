import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Use that a configuration makes of a path. */
export type PathUse = {
  /**
   * `include`: it is read as a part of the configuration; `read`: for a key, a certificate, a password; `write`: what is
   * written there is the server's own; `serve`: viewers may fetch what is there, or what is written there; `root`:
   * `edit_roots`; `variable`: its value is used.
   */
  readonly kind: 'include' | 'read' | 'write' | 'serve' | 'root' | 'variable';
  /** As it was configured, maybe with places such as `[stream]`; the name of a variable. */
  readonly path: string;
};

/**
 * Reach of a configuration that did not come from the server's own disk: to what the one in force uses already,
 * under its `edit_roots`, and, to be read, to what is beside its file. A user who may edit it may not therefore read every
 * file of the machine.
 */
export class Fence {
  readonly #file: string;
  readonly #uses: readonly PathUse[];

  /** `uses` are those of the configuration in force, which is in `file`. */
  constructor(file: string, uses: readonly PathUse[]) {
    this.#file = file;
    this.#uses = uses;
  }

  /** True for a place within. Says the same of what exists and what does not. */
  allows({ kind, path }: PathUse): boolean {
    if (kind === 'variable') return this.#uses.some((use) => use.kind === kind && use.path === path);
    const place = realPlace(path.replace(/\[[^\]/]*\]/g, 'x'));
    if (place === undefined) return false;
    if (kind === 'include' || kind === 'read') return this.#mayRead(place);
    if (kind === 'serve' && this.#givesAway(place)) return false;
    const bases = kind === 'root' ? this.#bases('root') : this.#bases(kind, 'root');
    return bases.some((base) => isWithin(base, place));
  }

  /** True if messages may quote what is in a file: the configuration in force has it as a part already. */
  mayQuote(file: string): boolean {
    return this.#uses.some(({ kind, path }) => kind === 'include' && path === file);
  }

  /** True for the directory of the configuration or of the outbox: serving it shows everybody what is in it. */
  #givesAway(place: string): boolean {
    if (this.#bases('serve').includes(place)) return false;
    return [realPlace(this.#file), ...this.#bases('write')].some(
      (own) => own !== undefined && isWithin(place, own),
    );
  }

  #mayRead(place: string): boolean {
    const known = this.#uses.some(({ kind, path }) => isReading(kind) && realPlace(path) === place);
    const own = realPlace(dirname(resolve(this.#file)));
    return known || [...this.#bases('root'), own].some((base) => base !== undefined && isWithin(base, place));
  }

  /** Directories, or files, that the configuration in force uses so. */
  #bases(...kinds: readonly PathUse['kind'][]): string[] {
    return this.#uses.flatMap(({ kind, path }) => {
      const place = kinds.includes(kind) ? realPlace(fixedPart(path)) : undefined;
      return place === undefined ? [] : [place];
    });
  }
}

function isReading(kind: PathUse['kind']): boolean {
  return kind === 'include' || kind === 'read';
}

/** The directory under which all is that a template makes; a path without places as it is. */
function fixedPart(path: string): string {
  const place = path.indexOf('[');
  return place < 0 ? path : dirname(`${path.slice(0, place)}x`);
}

function isWithin(base: string, place: string): boolean {
  const way = relative(base, place);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * Place to which a path really leads, step by step as the operating system goes, links resolved; what is not there yet counts by
 * its name. Undefined for a link that leads nowhere: who writes there makes what it names.
 */
function realPlace(path: string): string | undefined {
  const start = isAbsolute(path) ? sep : realpathSync('.');
  let place: string | undefined = start;
  for (const step of path.split(sep)) {
    if (place === undefined) return undefined;
    if (step === '' || step === '.') continue;
    place = step === '..' ? dirname(place) : follow(join(place, step));
  }
  return place;
}

function follow(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return isLink(path) ? undefined : join(dirname(path), basename(path));
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
