import { isStreamName } from '../model/address.ts';
import type { Grant } from '../model/authorization.ts';

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
