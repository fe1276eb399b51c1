import { z } from 'zod';
import type { EventFacts, RecordedFile, RecordingEnd, ServerIds, Stamp } from '../model/events.ts';
import type { RecordingContainer } from '../model/recording-path.ts';
import type { FlvLayout } from './flv-head.ts';

/** A file that is being recorded: all that is needed to finish it and to tell of it. */
export interface JournalEntry {
  /** A UUID. */
  readonly id: string;
  /** Names the process that records, in all its runs; no slash and no dot. */
  readonly owner: string;
  readonly container: RecordingContainer;
  readonly cwd: string;
  /** Its name when it is complete, relative to `cwd` or absolute. */
  readonly file: string;
  /** Of an FLV file. */
  readonly layout?: FlvLayout | undefined;
  /** What events say of the publisher. */
  readonly facts: EventFacts;
  readonly server: ServerIds;
}

/** The last word on a file: what its event says is fixed before it is told. */
export interface Conclusion extends Pick<RecordedFile, 'durationMs' | 'bytes' | 'reason'> {
  readonly stamp: Stamp;
}

const text = z.string();
const count = z.number().int().nonnegative();
const facts = z.looseObject({
  client: z.looseObject({ number: count, id: text, ip: text }),
  vhost: text,
  app: text,
  stream: text,
  param: text,
  tcUrl: text,
  pageUrl: text,
});
const common = { id: text, owner: text, cwd: text, file: text, facts, server: z.looseObject({}) };
const ENTRY = z.discriminatedUnion('container', [
  z.looseObject({
    ...common,
    container: z.literal('flv'),
    layout: z.looseObject({ values: count, tags: count, keyframes: count }),
  }),
  z.looseObject({ ...common, container: z.literal('mp4') }),
]);
const CONCLUSION = z.looseObject({
  durationMs: z.number(),
  bytes: count,
  reason: text,
  stamp: z.looseObject({ id: text, at: z.number(), seq: z.number() }),
});

/** Reads what was written of an entry, on a disk that may have lost some of it; undefined if it makes no sense. */
export function readEntry(line: string): JournalEntry | undefined {
  const { data } = ENTRY.safeParse(parse(line));
  return data as JournalEntry | undefined;
}

/** The same of its last word; undefined too if there is none yet. */
export function readConclusion(line: string): Conclusion | undefined {
  const { data } = CONCLUSION.safeParse(parse(line));
  return data && { ...data, reason: data.reason as RecordingEnd };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
