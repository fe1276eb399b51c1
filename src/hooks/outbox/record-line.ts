import { crc32 } from 'node:zlib';

/** What is kept: openings by id, events by sequence number, and the time of the outbox itself. */
export type Table = 'open' | 'events' | 'time';
export type Key = string | number;

/** A record's name: `TABLE KEY`. */
export type RecordName = string;

/** One change of a record: its new value as JSON, or no value for one that is to go. */
export interface Change {
  readonly name: RecordName;
  readonly json: string | undefined;
}

export function nameOf(table: Table, key: Key): RecordName {
  return `${table} ${key}`;
}

/** The table and the key of a name. */
export function partsOf(name: RecordName): readonly [table: string, key: string] {
  const space = name.indexOf(' ');
  return [name.slice(0, space), name.slice(space + 1)];
}

/** A change as a line of a log: `CHECKSUM TABLE KEY JSON`, the checksum being the CRC-32 of all behind it. */
export function encodeLine({ name, json }: Change): string {
  const text = json === undefined ? name : `${name} ${json}`;
  return `${checksum(text)} ${text}\n`;
}

/** The change that a line is about, without its line feed; undefined if it is not what was written. */
export function decodeLine(line: string): Change | undefined {
  const text = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(text)) return undefined;
  const end = text.indexOf(' ', text.indexOf(' ') + 1);
  if (end < 0) return { name: text, json: undefined };
  return { name: text.slice(0, end), json: text.slice(end + 1) };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
