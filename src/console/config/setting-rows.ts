import type { Setting } from '../api/config-contract.ts';

/** One line of the tree of settings. */
export interface SettingRow {
  readonly key: string;
  readonly depth: number;
  readonly name: string;
  readonly args: readonly string[];
  readonly isBlock: boolean;
  readonly origin: Setting['origin'];
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
    const { name, args, block, origin } = setting;
    const key = `${path}/${index}`;
    const row = { key, depth, name, args, isBlock: block !== undefined, origin };
    if (!block) return isWanted(setting, filter) ? [row] : [];
    const named =
      filter.words !== '' && isWanted({ name, args, origin: 'default' }, { ...filter, given: false });
    const inside = settingRows(block, named ? { ...filter, words: '' } : filter, depth + 1, key);
    return inside.length === 0 && !(isGiven(origin) && named) ? [] : [row, ...inside];
  });
}

function isWanted({ name, args, origin }: Setting, { words, given }: SettingFilter): boolean {
  if (given && !isGiven(origin)) return false;
  return `${name} ${args.join(' ')}`.toLowerCase().includes(words.toLowerCase());
}

/** Whether somebody has set it, in a file or a variable. */
export function isGiven(origin: Setting['origin']): boolean {
  return origin !== 'default' && origin !== 'unset';
}
