import type { HlsOptions } from '../model/options.ts';
import { fillPath, type PathWords, timeWords } from '../model/path-template.ts';
import type { MediaNames } from '../model/private-files.ts';

/** The words that a segment adds to its stream's: its number, its length and the time of its first frame. */
export function segmentWords(seq: number, durationMs: number, at: number): PathWords {
  return { seq: String(seq), duration: String(Math.round(durationMs)), ...timeWords(at) };
}

/** A template that names every file anew: one without `[seq]` gets it before its extension. */
export function numbered(template: string): string {
  return template.includes('[seq]') ? template : template.replace(/(\.[^./]*)?$/, '-[seq]$1');
}

/** The names of files under a directory: of playlists, of segments and of what these need first. */
export function privateNames(
  { format, m3u8File, tsFile, fmp4File, initFile }: HlsOptions,
  root: string,
): MediaNames {
  const files = format === 'ts' ? [tsFile] : [fmp4File, numbered(initFile)];
  return { writer: 'hls', root, templates: [m3u8File, ...files].map((template) => fillPath(template, {})) };
}

/** The URI by which `to` is found from `from`, both paths under the same directory. */
export function relativeUri(from: string, to: string): string {
  const [here, there] = [from.split('/'), to.split('/')];
  let common = 0;
  while (common < here.length - 1 && common < there.length - 1 && here[common] === there[common]) common++;
  const up = here.length - 1 - common;
  return [...Array<string>(up).fill('..'), ...there.slice(common).map(encodeURIComponent)].join('/');
}
