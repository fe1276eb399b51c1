#!/usr/bin/env node
import { lackOfOpenFiles } from './open-files.ts';

// Before anything else is loaded: that takes a hundred files at a time.
const lack = lackOfOpenFiles();
if (lack === undefined) {
  const { program } = await import('./program.ts');
  await program().parseAsync();
} else {
  console.error(`error: ${lack}`);
  process.exitCode = 1;
}
