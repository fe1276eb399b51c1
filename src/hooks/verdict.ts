import type { Grant } from '../model/lifecycle.ts';
import type { HookOptions } from '../model/options.ts';
import { MAX_EXCERPT, MAX_MESSAGE } from './limits.ts';

/** Why a backend's answer lets nobody through. */
export interface Refusal {
  readonly allowed: false;
  /** For the log: what was wrong, with the first characters of the body where they explain it. */
  readonly message: string;
  /** For the client: the backend's own words or code, else a sentence that quotes nothing of the answer. */
  readonly forClient: string;
  /** True if the backend meant to say no, false if its answer is no answer. */
  readonly deliberate: boolean;
  /** An rtmp URL where the client is welcome instead. */
  readonly redirect?: string | undefined;
}

/** What a backend's answer means. */
export type Judgement = { readonly allowed: true; readonly grant?: Grant | undefined } | Refusal;

/** What a body says: yes, no (with a code or words), or nothing that the contract knows. */
interface Answer {
  readonly accepted: boolean;
  readonly fault?: string;
  readonly code?: string;
  readonly words?: string;
}

const STATUSES: Record<HookOptions['schema'], readonly number[]> = {
  srs1: [200],
  srs5: [200, 201],
  nginx: [200],
};

const NON_ZERO_INT = /^-?[1-9][0-9]*$/;

/**
 * Judges one answer. Accepted is the status 200 (`srs5`: or 201) with the int `0`, or a JSON object whose `code` is the
 * int 0. White space and a byte order mark around it do no harm: a PHP file leaves both without meaning to.
 */
export function judge(schema: HookOptions['schema'], status: number, body: string | Buffer): Judgement {
  const text = body.toString().trim();
  const answer = readAnswer(text);
  const statusFits = STATUSES[schema].includes(status);
  if (statusFits && answer.accepted) return { allowed: true };
  const said = sayAnswer(answer);
  if (said !== '') {
    return {
      allowed: false,
      message: statusFits ? said : `status ${status}, ${said}`,
      forClient: said,
      deliberate: true,
    };
  }
  if (!statusFits) {
    return {
      allowed: false,
      message: `status ${status} is not ${STATUSES[schema].join(' or ')}${explainStatus(status)}, body ${quote(text)}`,
      forClient: `The backend answered with status ${status}.`,
      deliberate: status === 401 || status === 403,
    };
  }
  return {
    allowed: false,
    message: `status ${status} but body ${quote(text)} ${answer.fault}`,
    forClient: 'The backend gave no answer that can be understood.',
    deliberate: false,
  };
}

function readAnswer(text: string): Answer {
  if (text === '0') return { accepted: true };
  if (text === '') return { accepted: false, fault: 'is empty' };
  // SRS 1.0's backends refuse with a bare number.
  if (NON_ZERO_INT.test(text)) return { accepted: false, code: text };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { accepted: false, fault: 'is neither the int 0 nor JSON' };
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return readObject(value, text);
  return { accepted: false, fault: `is a JSON ${kindOf(value)}, not the int 0` };
}

function readObject(value: object, text: string): Answer {
  const codes = codesOf(text);
  const words = wordsOf(value);
  if (codes.length > 0 && codes.every((code) => code === '0')) return { accepted: true, ...words };
  if (codes.length === 0) return { accepted: false, fault: 'has no code', ...words };
  const nonZero = codes.find((code) => NON_ZERO_INT.test(code));
  if (nonZero !== undefined) return { accepted: false, code: nonZero, ...words };
  return { accepted: false, fault: 'has a code that is not the int 0', ...words };
}

/**
 * The source text of each top-level `code` of a JSON object. `JSON.parse` cannot tell `0` from `0.0` or `-0`, which SRS
 * refuses, and of two codes it shows the last only, where another parser may see the first.
 */
function codesOf(json: string): readonly string[] {
  const tokens = json.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  const codes: string[] = [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && tokens[index + 1] === ':' && JSON.parse(token) === 'code')
      codes.push(tokens[index + 2] ?? '');
  }
  return codes;
}

/** The sentence of a backend, wherever its framework puts it. */
function wordsOf(value: object): { words?: string } {
  const { message, msg, data } = value as Record<string, unknown>;
  const nested = typeof data === 'object' && data !== null && 'message' in data ? data.message : undefined;
  const words = [message, msg, nested].find(
    (candidate) => typeof candidate === 'string' && printable(candidate) !== '',
  );
  return typeof words === 'string' ? { words: printable(words) } : {};
}

function sayAnswer({ code, words }: Answer): string {
  const parts = [code === undefined ? undefined : `code ${shorten(code, 20)}`, words];
  return shorten(parts.filter((part) => part !== undefined).join(': '), MAX_MESSAGE);
}

function explainStatus(status: number): string {
  return status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function quote(text: string): string {
  return JSON.stringify(shorten(printable(text), MAX_EXCERPT));
}

/** Without characters that steer a terminal or hide text; runs of white space become one space. */
function printable(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim();
}

function shorten(text: string, length: number): string {
  // Characters, not code units: half a surrogate pair is no text.
  const characters = Array.from(text.slice(0, 2 * length + 2));
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : text;
}
