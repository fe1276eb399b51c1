import type { Setting } from './resolve/block.ts';
import type { Resolved } from './resolve/config.ts';
import { formatSrsConf, type Line } from './srs-conf/format.ts';

/**
 * The whole configuration in SRS grammar, every directive with its value and where it comes from. Loaded again, without
 * the environment, it gives the same configuration, but for secrets, which are shown as `***`.
 */
export function printConfig({ settings }: Pick<Resolved, 'settings'>): string {
  return formatSrsConf(settings.map(lineOf));
}

function lineOf({ name, args, block, origin }: Setting): Line {
  if (origin === 'unset') return { name, args, off: true, note: 'not set' };
  return { name, args, block: block?.map(lineOf), note: noteOf(origin) };
}

function noteOf(origin: Exclude<Setting['origin'], 'unset'>): string {
  if (origin === 'default') return 'default';
  const { file, line, column } = origin;
  // A line break in a file's name would end the comment.
  const name = file.replace(/[\r\n]/g, ' ');
  return line === 0 ? `from ${name}` : `from ${name}:${line}:${column}`;
}
