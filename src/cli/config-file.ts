import { createHash } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  type Diagnostic,
  Fence,
  formatDiagnostic,
  type LoadResult,
  loadConfig,
  parseConfigText,
} from '../config/index.ts';
import type { Setting } from '../config/resolve/block.ts';
import { compareSettings } from '../config/settings.ts';
import { type ConfigControl, type ConfigTrial, RequestError, type ShownSetting } from '../model/control.ts';
import type { Config } from '../model/options.ts';
import type { Loaded } from './read-config.ts';

/** Outcome of a reload of the file. */
export type Outcome =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly string[]; readonly warnings: readonly string[] };

/** The configuration file of a running server: read again at SIGHUP, shown and replaced by the control API. */
export class ConfigFile implements ConfigControl {
  readonly file: string;
  readonly #goOver: (config: Config) => Promise<readonly string[]>;
  readonly #told: (outcome: Outcome) => void;
  #settings: readonly Setting[];
  #warnings: readonly string[];
  #uses: Loaded['uses'];
  #work: Promise<unknown> = Promise.resolve();

  /**
   * `loaded` is in force. `goOver` makes the server go over to another configuration: it resolves with more that is worth
   * knowing, and rejects with a sentence, and everything as it was, if that cannot be done. `told` hears how it went.
   */
  constructor(
    file: string,
    loaded: Loaded,
    goOver: (config: Config) => Promise<readonly string[]>,
    told: (outcome: Outcome) => void,
  ) {
    this.file = file;
    this.#settings = loaded.settings;
    this.#warnings = texts(loaded.warnings);
    this.#uses = loaded.uses;
    this.#goOver = goOver;
    this.#told = told;
  }

  settings(): readonly ShownSetting[] {
    return this.#settings;
  }

  warnings(): readonly string[] {
    return this.#warnings;
  }

  async read(): Promise<{ readonly text: string; readonly etag: string }> {
    try {
      const text = await readFile(this.file, 'utf8');
      return { text, etag: createHash('sha256').update(text).digest('base64url') };
    } catch (error) {
      throw new RequestError('impossible', `${this.file} cannot be read: ${(error as Error).message}`);
    }
  }

  check(text: string): ConfigTrial {
    const fence = new Fence(this.file, this.#uses);
    return this.#dryRun(parseConfigText(text, this.file, process.env, fence));
  }

  apply(text: string, etag: string): Promise<ConfigTrial & { readonly applied: boolean }> {
    return this.#next(async () => {
      const before = await this.read();
      if (before.etag !== etag)
        throw new RequestError('impossible', `${this.file} has changed since it was read: read it again.`);
      const dryRun = this.check(text);
      if (!dryRun.ok) return { ...dryRun, applied: false };
      this.#write(text);
      const outcome = await this.#reload();
      if (!outcome.ok) this.#write(before.text);
      const errors = outcome.ok ? [] : outcome.errors;
      return { ...dryRun, ok: outcome.ok, errors, warnings: outcome.warnings, applied: outcome.ok };
    });
  }

  /** Goes over to what is in the file now; if it has errors or the server cannot, nothing changes. */
  reload(): Promise<Outcome> {
    return this.#next(() => this.#reload());
  }

  /** Settles when nothing is being changed. */
  get settled(): Promise<unknown> {
    return this.#work;
  }

  /** One after the other: a second change must not overtake the first. */
  #next<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#work.then(task);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #reload(): Promise<Outcome> {
    const outcome = await this.#tryToReload();
    this.#told(outcome);
    return outcome;
  }

  async #tryToReload(): Promise<Outcome> {
    const result = loadConfig(this.file, process.env);
    const warnings = texts(result.warnings);
    if (!result.ok) return { ok: false, errors: texts(result.errors), warnings };
    try {
      warnings.push(...(await this.#goOver(result.config)));
    } catch (error) {
      return { ok: false, errors: [(error as Error).message], warnings };
    }
    this.#settings = result.settings;
    this.#uses = result.uses;
    this.#warnings = warnings;
    return { ok: true, warnings };
  }

  #dryRun(result: LoadResult): ConfigTrial {
    const warnings = texts(result.warnings);
    if (!result.ok) return { ok: false, errors: texts(result.errors), warnings, changes: [] };
    return { ok: true, errors: [], warnings, changes: compareSettings(this.#settings, result.settings) };
  }

  #write(text: string): void {
    try {
      writeAtomically(this.file, text);
    } catch (error) {
      throw new RequestError('impossible', `${this.file} cannot be written: ${(error as Error).message}`);
    }
  }
}

function texts(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(formatDiagnostic);
}

/** Puts a text in a file's place, all or nothing: readers see the old one or the new one. Owner and rights stay. */
function writeAtomically(path: string, text: string): void {
  const target = realpathSync(path);
  const { mode, uid, gid } = statSync(target);
  const beside = `${target}.${process.pid}.new`;
  try {
    const handle = openSync(beside, 'wx', mode & 0o7777);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (statSync(beside).uid !== uid || statSync(beside).gid !== gid) chownSync(beside, uid, gid);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
