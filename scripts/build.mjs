#!/usr/bin/env node
// Builds the server into dist/ and the console into dist/console. `--changed` leaves alone what is up to date.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const CONSOLE = join('src', 'console');

/** Each part with what it is made of and a file that every build of it writes. */
const PARTS = [
  {
    name: 'server',
    script: 'build:server',
    inputs: ['src', 'package.json', 'tsconfig.json'],
    without: CONSOLE,
    output: 'dist/cli/main.js',
  },
  {
    name: 'console',
    script: 'build:console',
    inputs: [CONSOLE, 'package.json', 'node_modules/.package-lock.json'],
    output: 'dist/console/index.html',
  },
];

/** When a file, or anything below a folder, was last written; 0 of what is not there. A removed file counts too: its folder was written. */
function writtenAt(path, without) {
  if (path === without) return 0;
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.mtimeMs ?? 0;
  const below = readdirSync(join(root, path)).map((name) => writtenAt(join(path, name), without));
  return Math.max(stats.mtimeMs, ...below);
}

function isCurrent({ inputs, without, output }) {
  return writtenAt(output) > Math.max(...inputs.map((input) => writtenAt(input, without)));
}

for (const part of PARTS) {
  if (process.argv.includes('--changed') && isCurrent(part)) continue;
  console.log(`Building the ${part.name} …`);
  const { status } = spawnSync('npm', ['run', '--silent', part.script], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}
