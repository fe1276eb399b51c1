import { numbered } from '../../hls/playlist.ts';
import type { HlsOptions } from '../../model/options.ts';
import { NUMBER_WORDS } from '../../model/path-template.ts';

/** The stream that a path names. */
export interface NamedStream {
  readonly app: string;
  readonly stream: string;
}

interface Patterns {
  readonly playlist: RegExp;
  /** Patterns of segments and of their init files. */
  readonly files: readonly RegExp[];
}

const patterns = new WeakMap<HlsOptions, Map<string, Patterns>>();

/** App and stream of a path under `hls_path`, if it is a playlist's of this vhost. */
export function matchPlaylist(options: HlsOptions, vhost: string, path: string): NamedStream | undefined {
  return namedBy(patternsOf(options, vhost).playlist, path);
}

/** The same if it can be a segment's, or that of what segments need first. */
export function matchFile(options: HlsOptions, vhost: string, path: string): NamedStream | undefined {
  for (const pattern of patternsOf(options, vhost).files) {
    const named = namedBy(pattern, path);
    if (named) return named;
  }
  return undefined;
}

function namedBy(pattern: RegExp, path: string): NamedStream | undefined {
  const { app, stream } = pattern.exec(path)?.groups ?? {};
  return app === undefined || stream === undefined ? undefined : { app, stream };
}

function patternsOf(options: HlsOptions, vhost: string): Patterns {
  const known = patterns.get(options) ?? new Map<string, Patterns>();
  patterns.set(options, known);
  const made = known.get(vhost) ?? makePatterns(options, vhost);
  known.set(vhost, made);
  return made;
}

function makePatterns({ m3u8File, format, tsFile, fmp4File, initFile }: HlsOptions, vhost: string): Patterns {
  const files = format === 'ts' ? [tsFile] : [fmp4File, numbered(initFile)];
  return {
    playlist: makePattern(m3u8File, vhost),
    files: files.map((template) => makePattern(template, vhost)),
  };
}

function makePattern(template: string, vhost: string): RegExp {
  const seen = new Set<string>();
  const parts = template.replace(/^(?:\.\/)+/, '').split(/(\[[^\]]*\])/);
  const source = parts.map((part) => {
    const [, word = ''] = /^\[(.*)\]$/.exec(part) ?? [];
    if (word === 'vhost') return verbatim(vhost);
    if (NUMBER_WORDS.has(word)) return '\\d+';
    if (word !== 'app' && word !== 'stream') return verbatim(part);
    if (seen.has(word)) return `\\k<${word}>`;
    seen.add(word);
    return word === 'app' ? '(?<app>.+)' : '(?<stream>[^/]+)';
  });
  return new RegExp(`^${source.join('')}$`, 's');
}

function verbatim(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
