import type { StreamKey } from './stream-key.ts';

/** Most bytes of one name in a path, and of a path as a whole: what file systems take, less what a name gets added. */
const MAX_NAME_BYTES = 240;
const MAX_PATH_BYTES = 4000;

export type RecordingContainer = 'flv' | 'mp4';

/** Path template of the files of a recording. */
export interface RecordingPath {
  /** With variables such as `[stream]`, and a file name at its end. */
  readonly template: string;
  readonly container: RecordingContainer;
}

/** A file name, or why there can be none. */
export type FilledPath =
  | { readonly ok: true; readonly file: string }
  | { readonly ok: false; readonly message: string };

const two = (value: number): string => String(value).padStart(2, '0');

/** Values of the variables, with SRS's names, which are those of Go's reference time. Times are local. */
const VARIABLES: Readonly<Record<string, (key: StreamKey, at: Date) => string>> = {
  vhost: ({ vhost }) => vhost,
  app: ({ app }) => app,
  stream: ({ stream }) => stream,
  2006: (_key, at) => String(at.getFullYear()),
  '01': (_key, at) => two(at.getMonth() + 1),
  '02': (_key, at) => two(at.getDate()),
  15: (_key, at) => two(at.getHours()),
  '04': (_key, at) => two(at.getMinutes()),
  '05': (_key, at) => two(at.getSeconds()),
  999: (_key, at) => String(at.getMilliseconds()).padStart(3, '0'),
  timestamp: (_key, at) => String(at.getTime()),
};

const VARIABLE = /\[([^\]/]*)\]/g;
const DEFAULT_NAME = '[stream].[timestamp].flv';

/** Reads a `dvr_path`: one that does not end in `.flv` or `.mp4` is a directory and gets SRS's file name. Says what is wrong with it. */
export function parseRecordingPath(text: string): RecordingPath | string {
  const unknown = [...text.matchAll(VARIABLE)].find(([, name = '']) => !Object.hasOwn(VARIABLES, name));
  if (unknown) {
    const known = ['vhost', 'app', 'stream', '2006', '01', '02', '15', '04', '05', '999', 'timestamp'];
    return `has ${unknown[0]}, expected one of ${known.map((name) => `[${name}]`).join(' ')}`;
  }
  const named = /[^/]\.(flv|mp4)$/.exec(text);
  const template = named ? text : `${text.replace(/\/+$/, '')}/${DEFAULT_NAME}`;
  return { template, container: named?.[1] === 'mp4' ? 'mp4' : 'flv' };
}

/**
 * The file in which a stream is recorded that begins at `at`. The key comes from a client: nothing in it leads out of the
 * directory that the template names, and what no file can be called is refused.
 */
export function fillRecordingPath({ template }: RecordingPath, key: StreamKey, at: Date): FilledPath {
  const refused = [key.vhost, ...key.app.split('/'), key.stream].find((name) => !isFileName(name));
  if (refused !== undefined) return refuse(refused);
  const parts = template.split('/').map((part) => {
    const filled = part.replace(VARIABLE, (_whole, name: string) => VARIABLES[name]?.(key, at) ?? '');
    return { given: filled === part, names: filled.split('/') };
  });
  const wrong = parts.flatMap(({ given, names }) => (given ? [] : names)).find((name) => !isFileName(name));
  if (wrong !== undefined) return refuse(wrong);
  const file = parts.flatMap(({ names }) => names).join('/');
  return Buffer.byteLength(file) <= MAX_PATH_BYTES ? { ok: true, file } : refuse(file);
}

function isFileName(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  return !/[/\\\p{Cc}]/u.test(name) && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

function refuse(name: string): FilledPath {
  const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
  return { ok: false, message: `${shown} cannot be part of a file's path` };
}
