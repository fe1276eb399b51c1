import type { StreamKey } from './stream-key.ts';

/**
 * Paths with words in brackets, such as `[app]/[stream].[timestamp].flv`, with SRS's words: files of HLS and of recordings.
 * Names of streams come from clients; what no file may be called is refused here, for both.
 */

/** Most bytes of a file's name, less what numbers and a temporary name add. */
const MAX_FILE_NAME_BYTES = 200;

/** Most bytes of the path of a file under the directory that the configuration names. */
const MAX_FILE_PATH_BYTES = 1_024;

/** Most bytes of a recording's path as a whole, less what its name gets added. */
const MAX_PATH_BYTES = 4000;

/** Values of the words in a path. */
export type PathWords = Readonly<Record<string, string>>;

/** Words whose values are numbers. */
export const NUMBER_WORDS: ReadonlySet<string> = new Set([
  'seq',
  'duration',
  'timestamp',
  '2006',
  '01',
  '02',
  '15',
  '04',
  '05',
  '999',
]);

/** A path with the values of its words; words that have none stay as they are. */
export function fillPath(template: string, words: PathWords): string {
  return template
    .replace(/^(?:\.\/)+/, '')
    .replace(
      /\[([^\]]*)\]/g,
      (whole, word: string) => (Object.hasOwn(words, word) ? words[word] : undefined) ?? whole,
    );
}

/** The words that a stream gives. */
export function streamWords({ vhost, app, stream }: StreamKey): PathWords {
  return { vhost, app, stream };
}

/** The words that a moment gives, in Unix milliseconds: those of Go's reference time, in local time, and `[timestamp]`. */
export function timeWords(at: number): PathWords {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    timestamp: String(Math.round(at)),
    '2006': String(time.getFullYear()),
    '01': two(time.getMonth() + 1),
    '02': two(time.getDate()),
    '15': two(time.getHours()),
    '04': two(time.getMinutes()),
    '05': two(time.getSeconds()),
    '999': String(time.getMilliseconds()).padStart(3, '0'),
  };
}

/**
 * True if a path made of what a client said can be a file's under its directory: no part of it is hidden, leads up, is
 * empty or too long, and no character of it is one that file systems or terminals treat in their own way.
 */
export function isFilePath(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_FILE_PATH_BYTES && path.split('/').every(isFileName);
}

/** The same for one part of a path. */
function isFileName(name: string): boolean {
  return isPlain(name) && !name.startsWith('.') && Buffer.byteLength(name) <= MAX_FILE_NAME_BYTES;
}

/** True if a name has something in it, and no separator, control, formatting (bidirectional) or unpaired surrogate character. */
function isPlain(name: string): boolean {
  return name !== '' && !/[/\\\p{Cc}\p{Cf}\p{Cs}]/u.test(name);
}

export type RecordingContainer = 'flv' | 'mp4';

/** Path template of the files of a recording. */
export interface RecordingPath {
  /** With words such as `[stream]`, and a file name at its end. */
  readonly template: string;
  readonly container: RecordingContainer;
}

/** A file name, or why there can be none. */
export type FilledPath =
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly message: string };

const WORD = /\[([^\]/]*)\]/g;
const RECORDING_WORDS = ['vhost', 'app', 'stream', '2006', '01', '02', '15', '04', '05', '999', 'timestamp'];
const DEFAULT_NAME = '[stream].[timestamp].flv';

/** Reads a `dvr_path`: one that does not end in `.flv` or `.mp4` is a directory and gets SRS's file name. Says what is wrong with it. */
export function parseRecordingPath(text: string): RecordingPath | string {
  const unknown = [...text.matchAll(WORD)].find(([, word = '']) => !RECORDING_WORDS.includes(word));
  if (unknown)
    return `has ${unknown[0]}, expected one of ${RECORDING_WORDS.map((word) => `[${word}]`).join(' ')}`;
  const named = /[^/]\.(flv|mp4)$/.exec(text);
  const template = named ? text : `${text.replace(/\/+$/, '')}/${DEFAULT_NAME}`;
  return { template, container: named?.[1] === 'mp4' ? 'mp4' : 'flv' };
}

/**
 * The file in which a stream is recorded that begins at `at`. The key comes from a client: nothing in it leads out of the
 * directory that the template names, or hides a file, and what no file can be called is refused. What the template itself
 * says, such as a dot at the beginning of a name, is the operator's.
 */
export function fillRecordingPath({ template }: RecordingPath, key: StreamKey, at: Date): FilledPath {
  const wrong = [key.vhost, ...key.app.split('/'), key.stream].find(
    (name) => !isPlain(name) || name === '.' || name === '..',
  );
  if (wrong !== undefined) return refuse(wrong);
  const words = { ...streamWords(key), ...timeWords(at.getTime()) };
  const parts = template.split('/');
  const filled = parts.map((part) => fillPath(part, words));
  for (const [i, part] of parts.entries()) {
    if (filled[i] === part) continue;
    const names = filled[i]?.replace(part.startsWith('.') ? /^\.+/ : '', '').split('/') ?? [];
    const refused = names.find((name) => !isFileName(name));
    if (refused !== undefined) return refuse(refused);
  }
  const variable = parts.findIndex((part, i) => filled[i] !== part);
  const below = variable < 0 ? '' : filled.slice(variable).join('/');
  const file = filled.join('/');
  const fits = Buffer.byteLength(below) <= MAX_FILE_PATH_BYTES && Buffer.byteLength(file) <= MAX_PATH_BYTES;
  return fits ? { ok: true, file } : refuse(file);
}

function refuse(name: string): FilledPath {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  return { ok: false, message: `${shown} cannot be part of a file's path` };
}
