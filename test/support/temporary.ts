import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
