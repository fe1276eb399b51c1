import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopped } from './stopped.ts';

/** A directory of its own. `stop` removes it with all that is in it. */
export interface TemporaryDirectory {
  readonly path: string;
  file(name: string): string;
  stop(): void;
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), 'gatecast-test-'));
  return {
    path,
    file: (name) => join(path, name),
    stop: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** The path of a state directory that no other server of this machine has, until the end of the test. */
export function ownStateDir(): string {
  return stopped(temporaryDirectory()).file('objs');
}
