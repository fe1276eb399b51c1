import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** The file that a command name stands for, or undefined. */
export function findProgram(name: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return places
    .map((place) => join(place, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * What a test cannot do without: `thing` when it is there. Else the test is skipped with a printed reason, or fails where
 * `GATECAST_REQUIRE_ALL=1` says that all has to be there.
 */
export function required<T>(context: TestContext, thing: T | undefined, otherwise: string): T {
  if (thing !== undefined) return thing;
  if (process.env['GATECAST_REQUIRE_ALL'] === '1') throw new Error(`GATECAST_REQUIRE_ALL=1: ${otherwise}`);
  process.stderr.write(`skipped: "${context.task.name}": ${otherwise}\n`);
  return context.skip(otherwise);
}

/** The path of a program that a test needs. */
export function requiredProgram(context: TestContext, name: string): string {
  return required(context, findProgram(name), `${name} is not installed`);
}
