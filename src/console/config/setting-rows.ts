import type { Setting } from '../api/config-contract.ts';

/** One line of the tree of settings. */
export interface SettingRow {
  readonly key: string;
  readonly depth: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly isBlock: boolean;
  readonly origin: Setting['origin'];
  readonly file: string | null;
  readonly line: number | null;
}

/** Which lines are wanted. */
export interface SettingFilter {
  /** A part of a name or a value. */
  readonly words: string;
  /** Only what a file or a variable says. */
  readonly given: boolean;
}

/** The lines of a tree, blocks before what is in them; a block without a wanted line is left out. */
export function settingRows(
  settings: readonly Setting[],
  filter: SettingFilter,
  depth = 0,
  path = '',
): SettingRow[] {
  return settings.flatMap((setting, index) => {
    const { name, args, block, origin, file, line } = setting;
    const key = `${path}/${index}`;
    const row = { key, depth, name, args, isBlock: block !== null, origin, file, line };
    if (!block) return isWanted(setting, filter) ? [row] : [];
    const named = filter.words !== '' && isWanted(setting, { ...filter, given: false });
    const inside = settingRows(block, named ? { ...filter, words: '' } : filter, depth + 1, key);
    const kept = isGiven(origin) && (named || filter.words === '');
    return inside.length === 0 && !kept ? [] : [row, ...inside];
  });
}

function isWanted(
  { name, args, origin }: Pick<Setting, 'name' | 'args' | 'origin'>,
  { words, given }: SettingFilter,
): boolean {
  if (given && !isGiven(origin)) return false;
  return `${name} ${args.join(' ')}`.toLowerCase().includes(words.toLowerCase());
}

/** Whether somebody has set it, in a file or a variable. */
export function isGiven(origin: Setting['origin']): boolean {
  return origin === 'file' || origin === 'env';
}
