import { isIP } from 'node:net';
import { z } from 'zod';
import type { ListenAddress } from '../../model/options.ts';
import { MASK, maskText } from '../../model/secret-values.ts';
import { quote } from '../report.ts';
import { type Directive, directive, type More, type Read } from './spec.ts';

/** Checks one word. */
export type Check<T> = z.ZodType<T, string>;

/** One word that the check accepts. */
export function one<T>(check: Check<T>): Read<T> {
  const words = z.tuple([check]).readonly();
  return reader(
    'one value',
    words.transform(([value]) => value),
  );
}

/** One word or none. */
export function maybe<T>(check: Check<T>): Read<T | undefined> {
  const words = z.array(check).max(1).readonly();
  return reader(
    'one value',
    words.transform((values) => values[0]),
  );
}

/** Any number of words. */
export function many<T>(check: Check<T>): Read<readonly T[]> {
  return reader('one or more values', z.array(check).readonly());
}

/** The directive of a switch: `on` or `off`, nothing else; the example is what the default is not. */
export function onOff(fallback: 'on' | 'off', doc: string, more?: More): Directive<boolean> {
  return directive(one(SWITCH), fallback, doc, fallback === 'on' ? 'off' : 'on', more);
}

/** The switch of a whole block. */
export function enabled(fallback: 'on' | 'off', doc: string): Directive<boolean> {
  return onOff(fallback, doc, { name: 'enabled' });
}

const SWITCH = z
  .enum(['on', 'off'], { error: ({ input }) => `is ${show(input)}, expected on or off` })
  .transform((word) => word === 'on') as Check<boolean>;

/** One of some words. */
export function choice<const W extends string>(...words: readonly W[]): Check<W> {
  const expected = `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  return z.enum(words, { error: ({ input }) => `is ${show(input)}, expected ${expected}` }) as Check<W>;
}

/** A whole number in a range. */
export function whole(min: number, max: number): Check<number> {
  const expected = `a whole number from ${min} to ${max}`;
  return checked(expected, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** Seconds in the file, whole or with a fraction; milliseconds in the program. */
export function seconds(min: number, max: number): Check<number> {
  return checked(`seconds from ${min} to ${max}`, (text) => {
    const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? Math.round(value * 1000) : undefined;
  });
}

/** A word of its own, or what the check accepts, which is `expected`. */
export function wordOr<const W extends string, T>(word: W, check: Check<T>, expected: string): Check<W | T> {
  return z.union([z.literal(word), check], {
    error: ({ input }) => `is ${JSON.stringify(input)}, expected ${word} or ${expected}`,
  }) as Check<W | T>;
}

/** A factor of 1 to 100, with or without a fraction. */
export function ratio(): Check<number> {
  return checked('a number from 1 to 100', (text) => {
    const value = /^\d{1,3}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    return value >= 1 && value <= 100 ? value : undefined;
  });
}

/** A path under another one that may hold the `words` in brackets, and has to hold the `needed` ones. */
export function pathTemplate(words: readonly string[], needed: readonly string[]): Check<string> {
  const list = words.map((word) => `[${word}]`).join(' ');
  const must = needed.map((word) => ` with [${word}] in it`).join('');
  return checked(`a path${must} that holds no other words than ${list}`, (path) => {
    const used = [...path.matchAll(/\[([^\]]*)\]/g)].map(([, word = '']) => word);
    const known = used.every((word) => words.includes(word)) && needed.every((word) => used.includes(word));
    return known && path.length <= 4096 && !/[\p{Cc}?#%"]/u.test(path) ? path : undefined;
  });
}

/** Such a path that stays where it is put: relative, and without `..`. */
export function innerTemplate(words: readonly string[], needed: readonly string[]): Check<string> {
  return pathTemplate(words, needed).refine(
    (path) => !/^\/|(?:^|\/)\.{0,2}(?:\/|$)/.test(path.replace(/^\.\//, '')),
    { error: ({ input }) => `is ${show(input)}, expected a path that stays under hls_path` },
  );
}

/** Text without control characters. */
export function text(max: number): Check<string> {
  return checked(`1 to ${max} printable characters`, (word) =>
    word.length <= max && /^[^\p{Cc}]+$/u.test(word) ? word : undefined,
  );
}

/** The name of a user of HTTP basic authentication, which a colon ends (RFC 7617, 2). */
export function userName(): Check<string> {
  return checked('1 to 128 printable characters without a colon', (word) =>
    /^[^\p{Cc}:]{1,128}$/u.test(word) ? word : undefined,
  );
}

/** An absolute http or https URL, kept as it was written. */
export function httpUrl(): Check<string> {
  const read = (word: string) => {
    if (!/^https?:\/\/[^/?#\\\s]+[^\s\p{Cc}]*$/iu.test(word) || !URL.canParse(word)) return undefined;
    return new URL(word).hostname === '' ? undefined : word;
  };
  // The end of a password in what is no URL is unknown; what follows a question mark is a query whatever it begins with.
  const quoted = (word: string) => {
    const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/*)?(.*)$/is.exec(word) ?? [];
    return show(scheme + maskText(`http://${rest.replace(/^.*@/s, `${MASK}@`)}`).slice('http://'.length));
  };
  return checked('a whole URL such as http://127.0.0.1:8085/api', read, quoted);
}

/** `[ip:]port`, an IPv6 address in brackets. */
export function listenAddress(): Check<ListenAddress> {
  return checked('a port (0 to 65535) or ADDRESS:PORT with a numeric address', (word) => {
    const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(word) ?? [];
    const host = bracketed ?? (plain === '' ? undefined : plain);
    const port = Number(digits ?? Number.NaN);
    const fits = host === undefined || isIP(host) === (bracketed === undefined ? 4 : 6);
    return fits && port <= 65_535 ? { host, port } : undefined;
  });
}

/** A numeric address or a network in CIDR form. */
export function network(): Check<string> {
  return checked('an IP address or a network such as 10.0.0.0/8', (word) =>
    isNetwork(word) ? word : undefined,
  );
}

/** The end of a host name. */
export function hostSuffix(): Check<string> {
  return checked('the end of a host name such as example.com', (word) =>
    word.length <= 253 && /^[^\s/:?#]+$/u.test(word) ? word : undefined,
  );
}

/** Pairs of words: who (`publish` or `play`) and from where. */
export function accessRules(): Read<readonly { readonly role: 'publish' | 'play'; readonly from: string }[]> {
  return reader(
    'one or more values',
    z
      .array(z.string())
      .readonly()
      .transform((words, { issues }) => {
        const rules: { role: 'publish' | 'play'; from: string }[] = [];
        for (let i = 0; i < words.length; i += 2) {
          const [role = '', from] = [words[i], words[i + 1]];
          const complain = (index: number, message: string) =>
            issues.push({ code: 'custom', path: [index], message, input: words });
          if (role !== 'publish' && role !== 'play')
            complain(i, `names ${show(role)}, expected publish or play`);
          else if (from === undefined)
            complain(i, `${role} of nobody, expected all, an IP address or a network behind it`);
          else if (from !== 'all' && !isNetwork(from)) {
            complain(
              i + 1,
              `is for ${show(from)}, expected all, an IP address or a network such as 10.0.0.0/8`,
            );
          } else rules.push({ role, from });
        }
        return rules;
      }),
  );
}

/** A reader of all words of a directive. */
export function reader<T>(takes: Read<T>['takes'], words: z.ZodType<T>): Read<T> {
  return { takes, words: words as Read<T>['words'] };
}

function checked<T>(
  expected: string,
  read: (word: string) => T | undefined,
  quoted: (word: string) => string = show,
): Check<T> {
  return z.string().transform((word, { issues }) => {
    const value = read(word);
    if (value !== undefined) return value;
    issues.push({ code: 'custom', message: `is ${quoted(word)}, expected ${expected}`, input: word });
    return z.NEVER;
  }) as Check<T>;
}

function isNetwork(word: string): boolean {
  const [address = '', bits, ...rest] = word.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

function show(input: unknown): string {
  return typeof input === 'string' ? quote(input) : 'missing';
}
