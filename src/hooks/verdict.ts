import { isStreamName } from '../model/address.ts';
import type { Grant } from '../model/authorization.ts';
import { type Action, isQuestion } from '../model/events.ts';
import type { HookSchema } from '../model/options.ts';

/** Characters of a backend's own message that are passed on to the client. */
const MAX_MESSAGE = 200;

/** Characters of an unexpected answer that a message quotes. */
const MAX_EXCERPT = 64;

/**
 * What keeps a backend from answering a request that may fare better a moment later: it is `unreachable` if it has not
 * seen the request, `unavailable` if it is being stopped or started (502, 503, 504, a connection that is closed before
 * the answer), and `broken` if it may have acted on it (500, half an answer, none in time).
 */
export type Trouble = 'unreachable' | 'unavailable' | 'broken';

/** Answer of one URL to one event. */
export type HookAnswer = AnswerTerms & (Acceptance | Refusal);

interface AnswerTerms {
  /** For how long the backend lets its answer be used again, in milliseconds; for ever if it does not say. */
  readonly freshMs?: number;
}

/** The backend said yes, or took the event. */
interface Acceptance {
  readonly allowed: true;
  readonly grant?: Grant | undefined;
  /** What is wrong in its `data` and was passed over: sentences for the log. */
  readonly notes?: readonly string[] | undefined;
}

/** Why a backend's answer lets nobody through; no answer is a refusal too. */
interface Refusal {
  readonly allowed: false;
  /** For the log: what was wrong, with the first characters of the body where they explain it. */
  readonly message: string;
  /** For the client: the backend's own words or code, else a sentence that quotes nothing of the answer. */
  readonly forClient: string;
  /** True if the backend meant to say no, false if its answer is no answer. */
  readonly deliberate: boolean;
  /** True if `on_error` must not pass over it: the backend did answer, but what it wants cannot be done. */
  readonly strict?: boolean;
  /** An rtmp URL where the client is welcome instead. */
  readonly redirect?: string | undefined;
  /** True if it was not sent because the backend is left alone, or too many wait for it. */
  readonly skipped?: boolean;
  readonly trouble?: Trouble | undefined;
}

/** What counts of an answer beside its status and body. */
export interface AnswerDetails {
  /** The header of that name. */
  readonly location?: string | undefined;
  /** What was asked. */
  readonly action?: Action | undefined;
}

/** What a body says: yes, no (with a code or words), or nothing that the contract knows. */
interface Answer {
  readonly accepted: boolean;
  readonly fault?: string;
  readonly code?: string;
  readonly words?: string;
  readonly data?: unknown;
}

const STATUSES: Readonly<Record<Exclude<HookSchema, 'nginx'>, readonly number[]>> = {
  srs1: [200],
  srs5: [200, 201],
};

const NOT_UNDERSTOOD = 'The backend gave an invalid answer.';
const ELSEWHERE = 'The stream is elsewhere.';

const NON_ZERO_INT = /^-?[1-9][0-9]*$/;

/**
 * Verdict on one answer. Accepted is the status 200 (`srs5`: or 201) with the int `0`, or a JSON object whose `code` is the
 * int 0; its `data` may grant more. White space and a byte order mark around it do no harm: a PHP file leaves both
 * without meaning to. Under `nginx` the status alone counts.
 */
export function judge(
  schema: HookSchema,
  status: number,
  body: string | Buffer,
  details: AnswerDetails = {},
): HookAnswer {
  const text = body.toString().trim();
  return schema === 'nginx' ? judgeStatus(status, text, details) : judgeBody(schema, status, text, details);
}

function judgeBody(
  schema: 'srs1' | 'srs5',
  status: number,
  text: string,
  { action }: AnswerDetails,
): HookAnswer {
  const answer = readAnswer(text);
  const statusFits = STATUSES[schema].includes(status);
  // What is only told has nobody to whom anything could be granted.
  const data = readData(action === undefined || isQuestion(action) ? answer.data : undefined);
  if (statusFits && answer.accepted) return accept(data, answer.words);
  const said = sayAnswer(answer);
  const faults = data.fault === undefined ? '' : `; data ${data.fault}`;
  if (said !== '') {
    return {
      allowed: false,
      message: (statusFits ? said : `status ${status}, ${said}`) + faults,
      forClient: said,
      deliberate: true,
      ...elsewhere(data.redirect),
    };
  }
  if (!statusFits) {
    const deliberate = status === 401 || status === 403;
    return {
      allowed: false,
      message: `status ${status} is not ${STATUSES[schema].join(' or ')}${explainStatus(status)}, body ${quote(text)}`,
      forClient: `The backend answered with status ${status}.`,
      deliberate,
    };
  }
  return notUnderstood(`status ${status} but body ${quote(text)} ${answer.fault}`);
}

/** A yes with what it grants; one that cannot be honoured, or that sends the client elsewhere, lets nobody through. */
function accept({ grant, redirect, notes, fault }: Reading, words: string | undefined): HookAnswer {
  if (fault !== undefined) return impossible(`accepted, but data ${fault}`);
  if (redirect !== undefined) return sendTo(redirect, words);
  return { allowed: true, ...(grant && { grant }), ...(notes.length > 0 && { notes }) };
}

/** nginx-rtmp's habit: 2xx is yes, 3xx gives the stream another name or the client another server. */
function judgeStatus(status: number, text: string, { location, action }: AnswerDetails): HookAnswer {
  if (status >= 200 && status < 300) return { allowed: true };
  if (status >= 300 && status < 400) return follow(status, location, action);
  // Of the client's errors, time-out and too many requests ask for patience.
  const deliberate = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return {
    allowed: false,
    message: `status ${status}, body ${quote(text)}`,
    forClient: `The backend answered with status ${status}.`,
    deliberate,
  };
}

function follow(status: number, location: string | undefined, action: Action | undefined): HookAnswer {
  if (location === undefined) return impossible(`status ${status} without a Location`);
  if (/^rtmps?:/i.test(location)) {
    const { value, fault } = readRedirect(location);
    return value === undefined ? impossible(`status ${status} ${fault}`) : sendTo(value, undefined);
  }
  if (action === 'on_connect')
    return impossible(`status ${status} names another app, which is not supported`);
  const { value, fault } = readName(location);
  return value === undefined
    ? impossible(`status ${status} ${fault}`)
    : { allowed: true, grant: { stream: value } };
}

function sendTo(redirect: string, words: string | undefined): Refusal {
  return {
    allowed: false,
    message: `redirected to ${redirect.replace(/\?.*$/s, '?***')}`,
    forClient: words === undefined ? ELSEWHERE : shorten(words, MAX_MESSAGE),
    deliberate: true,
    redirect,
  };
}

function elsewhere(redirect: string | undefined): { redirect?: string } {
  return redirect === undefined ? {} : { redirect };
}

function notUnderstood(message: string): Refusal {
  return { allowed: false, message, forClient: NOT_UNDERSTOOD, deliberate: false };
}

/** What a backend wants that cannot be done: without it, its yes is none. */
function impossible(message: string): Refusal {
  return { ...notUnderstood(message), strict: true };
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
  const { data } = value as { data?: unknown };
  if (codes.length > 0 && codes.every((code) => code === '0')) return { accepted: true, ...words, data };
  if (codes.length === 0) return { accepted: false, fault: 'has no code', ...words, data };
  const nonZero = codes.find((code) => NON_ZERO_INT.test(code));
  if (nonZero !== undefined) return { accepted: false, code: nonZero, ...words, data };
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

/** Highest `max_viewers` of an answer. */
const MAX_GRANTED_VIEWERS = 1_000_000_000;

/** Highest `max_bitrate` of an answer, in kbit/s. */
const MAX_GRANTED_BITRATE = 10_000_000;

/** Longest `max_duration` or `recheck` of an answer, in seconds: what a timer of Node.js can hold, 24 days. */
const MAX_GRANTED_SECONDS = 2_147_483;

/** Characters of the URL that an answer sends a client to. */
const MAX_REDIRECT = 4096;

/** Characters of the name that an answer gives a stream. */
const MAX_GRANTED_NAME = 255;

/** What `data` of an answer says beside yes or no. */
export interface Reading {
  /** Undefined if it grants nothing. */
  readonly grant?: Grant | undefined;
  /** Where the client is sent instead. */
  readonly redirect?: string | undefined;
  /** What is wrong and passed over, for the log. */
  readonly notes: readonly string[];
  /** What is wrong and cannot be passed over: the client would get what it was not meant to. */
  readonly fault?: string | undefined;
}

/** How each key is read; undefined is a wrong value. */
const KEYS: Readonly<
  Record<string, { readonly as: keyof Grant; readonly expected: string; read(value: unknown): unknown }>
> = {
  max_duration: {
    as: 'maxDurationMs',
    expected: `seconds from 1 to ${MAX_GRANTED_SECONDS}`,
    read: (value) => scaled(value, 1, MAX_GRANTED_SECONDS, 1000),
  },
  max_bitrate: {
    as: 'maxBitrate',
    expected: `kbit/s from 1 to ${MAX_GRANTED_BITRATE}`,
    read: (value) => scaled(value, 1, MAX_GRANTED_BITRATE, 1000),
  },
  max_viewers: {
    as: 'maxViewers',
    expected: `a whole number from 0 to ${MAX_GRANTED_VIEWERS}`,
    read: (value) => (Number.isInteger(value) ? scaled(value, 0, MAX_GRANTED_VIEWERS, 1) : undefined),
  },
  takeover: {
    as: 'takeover',
    expected: 'true or false',
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  },
  record: {
    as: 'record',
    expected: 'true or false',
    read: (value) => (typeof value === 'boolean' ? value : undefined),
  },
  recheck: {
    as: 'recheckMs',
    expected: `seconds from 1 to ${MAX_GRANTED_SECONDS}`,
    read: (value) => scaled(value, 1, MAX_GRANTED_SECONDS, 1000),
  },
};

const NAME_FAULT = `gives a stream name that is not 1 to ${MAX_GRANTED_NAME} characters without a path or a query`;
const REDIRECT_FAULT = 'redirects to what is not a whole rtmp URL';

/** Reads the `data` of an answer. Keys that it does not know are none of ours; a key that is null is not there. */
export function readData(data: unknown): Reading {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { notes: [] };
  const { stream, redirect, ...rest } = data as Readonly<Record<string, unknown>>;
  const notes: string[] = [];
  const grant: Record<string, unknown> = {};
  for (const [key, { as, expected, read }] of Object.entries(KEYS)) {
    const value = Object.hasOwn(rest, key) ? (rest[key] ?? undefined) : undefined;
    if (value === undefined) continue;
    grant[as] = read(value);
    if (grant[as] === undefined)
      notes.push(`data.${key} is ${showValue(value)}, expected ${expected}: it is ignored`);
  }
  const name = readName(stream ?? undefined);
  const where = readRedirect(redirect ?? undefined);
  const fault = name.fault ?? where.fault;
  return { notes, fault, redirect: where.value, grant: definedOf({ ...grant, stream: name.value }) };
}

/** The name that a stream is given. */
export function readName(value: unknown): { readonly value?: string; readonly fault?: string } {
  if (value === undefined) return {};
  return typeof value === 'string' && value.length <= MAX_GRANTED_NAME && isStreamName(value)
    ? { value }
    : { fault: NAME_FAULT };
}

/** The URL that a client is sent to. */
export function readRedirect(value: unknown): { readonly value?: string; readonly fault?: string } {
  if (value === undefined) return {};
  return typeof value === 'string' && isRtmpUrl(value) ? { value } : { fault: REDIRECT_FAULT };
}

/** A URL that RTMP clients understand: printable ASCII, as it goes into an AMF string and a log. */
function isRtmpUrl(text: string): boolean {
  return text.length <= MAX_REDIRECT && /^rtmps?:\/\/(?![/?#])[!-~]+$/i.test(text) && URL.canParse(text);
}

function scaled(value: unknown, min: number, max: number, factor: number): number | undefined {
  if (typeof value !== 'number' || !(value >= min && value <= max)) return undefined;
  return Math.round(value * factor);
}

function definedOf(grant: Record<string, unknown>): Grant | undefined {
  const entries = Object.entries(grant).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Grant);
}

/** The kind of a JSON value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function showValue(value: unknown): string {
  return typeof value === 'number' ? String(value) : `a JSON ${kindOf(value)}`;
}
