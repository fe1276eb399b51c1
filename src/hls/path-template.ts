import type { HlsOptions } from '../model/options.ts';
import type { MediaNames } from '../model/private-files.ts';

/** Bytes of a file's path under `hls_path`. */
const MAX_FILE_PATH_BYTES = 1_024;

/** Bytes of a file's name, less what numbers and a temporary name add. */
const MAX_FILE_NAME_BYTES = 200;

/** What stands for the words in a path. */
export type PathWords = Readonly<Record<string, string>>;

/** A path with the values of its words; words that have none stay as they are. */
export function fillPath(template: string, words: PathWords): string {
  return template
    .replace(/^(?:\.\/)+/, '')
    .replace(/\[([^\]]*)\]/g, (whole, word: string) => words[word] ?? whole);
}

/** The words that a stream gives. */
export function streamWords({
  vhost,
  app,
  stream,
}: {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}): PathWords {
  return { vhost, app, stream };
}

/** The words that a segment adds to its stream's: its number, its length and the time of its first frame. */
export function segmentWords(seq: number, durationMs: number, at: number): PathWords {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    seq: String(seq),
    duration: String(Math.round(durationMs)),
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

/** A template that names every file anew: one without `[seq]` gets it before its extension. */
export function numbered(template: string): string {
  return template.includes('[seq]') ? template : template.replace(/(\.[^./]*)?$/, '-[seq]$1');
}

/** What the files under a directory are called: of playlists, of segments and of what these need first. */
export function privateNames(
  { format, m3u8File, tsFile, fmp4File, initFile }: HlsOptions,
  root: string,
): MediaNames {
  const files = format === 'ts' ? [tsFile] : [fmp4File, numbered(initFile)];
  return { writer: 'hls', root, templates: [m3u8File, ...files].map((template) => fillPath(template, {})) };
}

/**
 * True if a path made of what a client said can be a file's under its directory: no part of it is hidden, leads up, is
 * empty or too long, and no character of it is one that file systems or terminals treat in their own way.
 */
export function isFilePath(path: string): boolean {
  if (Buffer.byteLength(path) > MAX_FILE_PATH_BYTES || /[\p{Cc}\p{Cf}\p{Cs}\\]/u.test(path)) return false;
  return path
    .split('/')
    .every((part) => part !== '' && !part.startsWith('.') && Buffer.byteLength(part) <= MAX_FILE_NAME_BYTES);
}

/** The URI by which `to` is found from `from`, both paths under the same directory. */
export function relativeUri(from: string, to: string): string {
  const [here, there] = [from.split('/'), to.split('/')];
  let common = 0;
  while (common < here.length - 1 && common < there.length - 1 && here[common] === there[common]) common++;
  const up = here.length - 1 - common;
  return [...Array<string>(up).fill('..'), ...there.slice(common).map(encodeURIComponent)].join('/');
}
