import { createHash, timingSafeEqual } from 'node:crypto';

/** Replacement of a secret wherever something is shown. */
export const MASK = '***';

/** A value shorter than this is hidden where it stands, but not looked for elsewhere: it would be found in every word. */
const MIN_SOUGHT_LENGTH = 4;

/** A text of so many characters may be one of 4 KiB that goes on. */
const CUT_LENGTH = 1024;

const ANYWHERE = /token|secret|passw|passphrase|pwd|signature|credential|bearer|jwt|hmac|cookie/i;
const WORD = /(?:^|[^a-z])(?:auth|authorization|hash|key|md5|pass|sign?|sig)(?![a-z])|key$/i;

/** True if what has this name is likely to be a secret: `token`, `api_key`, `txSecret`, `X-Auth`, `sign`. */
export function soundsSecret(name: string): boolean {
  // `authKey` is `auth-Key`.
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2');
  return ANYWHERE.test(name) || WORD.test(words);
}

/** `name=value` in something like a URL; a value goes up to the next `&`, for SRS glues queries with a second `?`. */
const PAIR = /(^|[?&/;,\s])([^=&?/;,\s"']{1,64})=([^&]*)/g;
/** The same in a sentence, where a blank or a quotation mark ends it. */
const PAIR_IN_TEXT = /(^|[^\w.%-])([\w.%-]{1,64})=([^&\s"'\\<>]*)/g;

/** Values of secret names in a URL, a query or a param. */
export function secretsIn(text: string): readonly string[] {
  if (!text.includes('=')) return [];
  return [...text.matchAll(PAIR)].flatMap(([, , name = '', value = '']) =>
    soundsSecret(decodePart(name)) ? [value] : [],
  );
}

/** A URL, query or param as it may be shown: `?a=1&token=***`. */
export function maskQuery(query: string): string {
  return maskPairs(query, PAIR);
}

/** A sentence as it may be shown. */
export function maskSentence(text: string): string {
  return maskPairs(text, PAIR_IN_TEXT);
}

/** A URL wherever it stands: scheme, userinfo, host and path, query, fragment. */
const URL_IN_TEXT = /([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'<>\\]*@)?([^\s?#"'<>]*)(\?[^\s#"'<>]*)?/gi;
/** `user:password@host` without a scheme. */
const USERINFO = /(^|[\s"'=(/])[^\s/?#@"'=(:]+:[^\s/?#@"']+@(?=[\w[])/g;
/** Credentials behind `Authorization:`, and signing keys. */
const AUTHORIZATION = /\b(Bearer|Basic|Digest|Token|ApiKey)(\s+)[\w.~+/=-]{6,}/gi;
const SIGNING_KEY = /\bwhsec_[\w+/=-]+/g;

/**
 * A value or a sentence of somebody else's as it may be shown, whatever it is called: no userinfo and no values of the
 * query of a URL, no credentials, no values of secret names. The same twice masked is as it was.
 */
export function maskText(text: string): string {
  if (!/[=:@]|\s/.test(text) && !text.includes('whsec_')) return text;
  const urls = text.replace(
    URL_IN_TEXT,
    (_url, scheme: string, user: string | undefined, place: string, query: string | undefined) =>
      `${scheme}${user === undefined ? '' : `${MASK}@`}${place}${query === undefined ? '' : maskValues(query)}`,
  );
  const credentials = urls
    .replace(USERINFO, `$1${MASK}@`)
    .replace(AUTHORIZATION, `$1$2${MASK}`)
    .replace(SIGNING_KEY, MASK);
  return maskSentence(credentials);
}

/** A query with each of its values masked: names say little of what a backend takes for a secret. */
function maskValues(query: string): string {
  return query
    .slice(1)
    .split('&')
    .map((pair) =>
      pair === '' ? '' : pair.includes('=') ? `${pair.slice(0, pair.indexOf('='))}=${maskValue(pair)}` : MASK,
    )
    .join('&')
    .replace(/^/, '?');
}

/** A place that is filled in for each event is no value. */
function maskValue(pair: string): string {
  const value = pair.slice(pair.indexOf('=') + 1);
  return /^(?:\[\w+\])*$/.test(value) ? value : MASK;
}

/** True for a value that somebody has copied from where it was shown masked. */
export function isMasked(text: string): boolean {
  return text === MASK || /:\/\/\*{3}@|[?&](?:[^=&#\s]*=)?\*{3}(?:[&#]|$)|^\w+\s+\*{3}$/.test(text);
}

function maskPairs(text: string, pattern: RegExp): string {
  if (!text.includes('=')) return text;
  return text.replace(pattern, (pair, before: string, name: string) =>
    soundsSecret(decodePart(name)) ? `${before}${name}=${MASK}` : pair,
  );
}

/** Finds certain values in texts, in every way in which they may be written. */
export class SecretFinder {
  /** Longest first, for one may be part of another. */
  readonly #spellings: readonly string[];

  constructor(values: Iterable<string>) {
    const spellings = new Set<string>();
    for (const value of values) for (const spelling of spellingsOf(value)) spellings.add(spelling);
    this.#spellings = [...spellings]
      .filter(({ length }) => length >= MIN_SOUGHT_LENGTH)
      .sort((one, other) => other.length - one.length);
  }

  /** The text with each of the values masked, one that is cut short by an ellipsis, or at the end of a long text, too. */
  hide(text: string): string {
    let shown = text;
    for (const spelling of this.#spellings) {
      shown = shown.replaceAll(spelling, MASK);
      shown = hideBeginning(shown, spelling, shown.indexOf('…'));
      if (text.length >= CUT_LENGTH) shown = hideBeginning(shown, spelling, shown.length);
    }
    return shown;
  }
}

/** Masks the beginning of a value where the text breaks off in the middle of it. */
function hideBeginning(text: string, value: string, end: number): string {
  if (end < 0) return text;
  const head = text.slice(Math.max(0, end - value.length), end);
  for (let length = Math.min(value.length - 1, head.length); length >= MIN_SOUGHT_LENGTH; length--) {
    if (head.endsWith(value.slice(0, length)))
      return `${text.slice(0, end - length)}${MASK}${text.slice(end)}`;
  }
  return text;
}

function spellingsOf(value: string): readonly string[] {
  const meant = decodePart(value);
  const spellings = [value, meant];
  for (const plain of [value, meant]) {
    spellings.push(
      JSON.stringify(plain).slice(1, -1),
      new URLSearchParams({ v: plain }).toString().slice(2),
      encodeURIComponent(Buffer.from(plain).toString()),
      // As messages about answers have it: src/hooks/verdict.ts.
      plain
        .replace(/\s+/g, ' ')
        .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
        .trim(),
    );
  }
  return spellings;
}

/** A stray `%` stands for itself. */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Compares two secrets in a time that says nothing about either, or about where they differ. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
