import type { HlsOptions } from '../../model/options.ts';

/** What the path of a playlist names. */
export interface NamedStream {
  readonly app: string;
  readonly stream: string;
}

const patterns = new WeakMap<HlsOptions, Map<string, RegExp>>();

/** App and stream of a path under `hls_path`, if it is a playlist's of this vhost. */
export function matchPlaylist(options: HlsOptions, vhost: string, path: string): NamedStream | undefined {
  const { app, stream } = patternOf(options, vhost).exec(path)?.groups ?? {};
  return app === undefined || stream === undefined ? undefined : { app, stream };
}

function patternOf(options: HlsOptions, vhost: string): RegExp {
  const known = patterns.get(options) ?? new Map<string, RegExp>();
  patterns.set(options, known);
  const pattern = known.get(vhost) ?? makePattern(options.m3u8File.replace(/^(?:\.\/)+/, ''), vhost);
  known.set(vhost, pattern);
  return pattern;
}

function makePattern(template: string, vhost: string): RegExp {
  const seen = new Set<string>();
  const source = template.split(/(\[[^\]]*\])/).map((part) => {
    const [, word] = /^\[(.*)\]$/.exec(part) ?? [];
    if (word === 'vhost') return verbatim(vhost);
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
