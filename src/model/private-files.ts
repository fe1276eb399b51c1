import { mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { NUMBER_WORDS } from './path-template.ts';

/**
 * Files that were written for those who may see them: segments and playlists of HLS, and recordings. Which ones these are
 * is on record in the directory itself, so that it holds for every process and every configuration that serves it.
 */

/** The list in a directory, of names of files under it. Hidden, as every name that begins with a dot. */
export const PRIVATE_LIST = '.gatecast-private';

/** Bytes of such a list that are read; of a longer one nothing is believed, and all that is under it is private. */
export const MAX_PRIVATE_LIST_BYTES = 65_536;

/** Writer of files. */
export type MediaWriter = 'hls' | 'recording';

/** Names of files under a directory, with words in brackets for what differs from file to file. */
export interface MediaNames {
  readonly writer: MediaWriter;
  readonly root: string;
  /** Relative to the root, with `/` between their parts. */
  readonly templates: readonly string[];
}

const HEAD = `# Files of these names are not for everybody: Gatecast has written them for viewers of HLS, or as recordings.
# Its http_server serves none of them as a plain file, whatever its configuration says of hls and dvr.
`;
const FORBIDDEN: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS']);
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/** The directory that all files of a template are under, and the rest of the template. */
export function splitTemplate(
  template: string,
  cwd: string,
): { readonly root: string; readonly rest: string } {
  const fixed = template.slice(0, template.search(/\[|$/));
  const end = fixed.lastIndexOf('/') + 1;
  return { root: resolve(cwd, fixed.slice(0, end)), rest: template.slice(end) };
}

/**
 * Puts on record that files of these names are private, before `file`, one of them, is written, and makes its directory.
 * What is on record already stays. Rejects with what the file system says.
 */
export async function markPrivate({ writer, root, templates }: MediaNames, file: string): Promise<void> {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true });
  // A template that leads up again says too little of where its files are.
  const plain = templates.every((template) => !/(?:^|\/)\.{0,2}(?:\/|$)/.test(template));
  try {
    if (plain) return await addToList(root, writer, templates);
  } catch (error) {
    if (!FORBIDDEN.has((error as NodeJS.ErrnoException).code)) throw error;
  }
  await addToList(
    directory,
    writer,
    templates.map((template) => basename(template)),
  );
}

/** True if there is a file at a path and everybody may have it. `served` is a writer whose files are not kept back. */
export async function isForEverybody(path: string, served?: MediaWriter): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  for (const place of new Set([resolve(path), real])) {
    for (let root = dirname(place); ; root = dirname(root)) {
      const lines = await readList(root);
      const name = relative(root, place).split(sep).join('/');
      if (lines === undefined || lines.some((line) => !line.startsWith(`${served} `) && isOf(line, name)))
        return false;
      if (root === dirname(root)) break;
    }
  }
  return true;
}

/** Adds what the list lacks. Others may do so at the same time: what is there twice does no harm. */
async function addToList(root: string, writer: MediaWriter, templates: readonly string[]): Promise<void> {
  const wanted = templates.map((template) => `${writer} ${template}`);
  const known = await readList(root);
  const missing = known && wanted.filter((line) => !known.includes(line));
  if (missing?.length === 0 || known === undefined) return;
  const list = await open(join(root, PRIVATE_LIST), 'a', 0o644);
  try {
    // Behind a line's end, since the one before may have been cut off by a full disk.
    const text = `${known.length === 0 ? HEAD : '\n'}${missing?.join('\n')}\n`;
    await list.appendFile(text);
    await list.datasync();
  } finally {
    await list.close();
  }
}

/** The lines of a directory's list, none if it has no list; undefined if they cannot be known. */
async function readList(root: string): Promise<readonly string[] | undefined> {
  try {
    const list = await open(join(root, PRIVATE_LIST));
    try {
      const { size } = await list.stat();
      if (size > MAX_PRIVATE_LIST_BYTES) return undefined;
      const text = await list.readFile('utf8');
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    } finally {
      await list.close();
    }
  } catch (error) {
    return ABSENT.has((error as NodeJS.ErrnoException).code) ? [] : undefined;
  }
}

/** Words that stand for one part of a path; those that are no numbers either may stand for several. */
const PARTS: ReadonlySet<string> = new Set(['vhost', 'stream']);

/** True if a line of a list speaks of a file with this name, be it unfinished (`.tmp`) or one of several (`.2`). */
function isOf(line: string, name: string): boolean {
  const template = line.slice(line.indexOf(' ') + 1);
  const [extension = ''] = /\.\w+$/.exec(template) ?? [];
  const stem = template.slice(0, template.length - extension.length).split(/(\[[^\]]*\])/);
  const source = stem.map((part) => {
    const [, word] = /^\[(.*)\]$/.exec(part) ?? [];
    if (word === undefined) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    if (NUMBER_WORDS.has(word)) return '\\d+';
    return PARTS.has(word) ? '[^/]+' : '.+';
  });
  const end = `(?:\\.\\d+)?${extension.replace('.', '\\.')}(?:\\.tmp)?`;
  return new RegExp(`^${source.join('')}${end}$`, 'is').test(name);
}
