import { ProtocolError } from '../errors.ts';
import { AMF0_MARKER, AMF0_MAX_DEPTH, type AmfObject, type AmfValue, EcmaArray } from './value.ts';

const MAX_VALUES = 4096;
/** Bytes that references may stand for in all. Without it, a few references to one long string fill the memory. */
const MAX_REFERENCED_BYTES = 65_536;

/** A complex value by its number (AMF0 2.9), and what repeating it would cost. `values` is 0 while it is still open. */
interface Referable {
  value: AmfValue;
  values: number;
  bytes: number;
}

/**
 * Decodes all AMF0 values from `offset` to the end. The result shares no memory with `bytes`.
 * Throws `ProtocolError` `amf0` (malformed or truncated) or `amf0_limit` (more than 4096 values, deeper than 32).
 */
export function decodeAmf0(bytes: Buffer, offset = 0): AmfValue[] {
  const decoder = new Amf0Decoder(bytes, offset);
  const values: AmfValue[] = [];
  while (decoder.more) values.push(decoder.value(0));
  return values;
}

class Amf0Decoder {
  readonly #bytes: Buffer;
  #at: number;
  #values = 0;
  #referencedBytes = 0;
  readonly #referables: Referable[] = [];

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  get more(): boolean {
    return this.#at < this.#bytes.length;
  }

  value(depth: number): AmfValue {
    if (depth > AMF0_MAX_DEPTH) {
      throw new ProtocolError('amf0_limit', `AMF0 values are nested deeper than ${AMF0_MAX_DEPTH} levels`);
    }
    this.#count(1);
    const marker = this.#u8('a type marker');
    switch (marker) {
      case AMF0_MARKER.number:
        return this.#f64();
      case AMF0_MARKER.boolean:
        return this.#u8('a boolean') !== 0;
      case AMF0_MARKER.string:
        return this.#text(this.#u16('the length of a string'));
      case AMF0_MARKER.longString:
      case AMF0_MARKER.xmlDocument:
        return this.#text(this.#u32('the length of a long string'));
      case AMF0_MARKER.null:
        return null;
      case AMF0_MARKER.undefined:
      case AMF0_MARKER.unsupported:
        return undefined;
      case AMF0_MARKER.date:
        return this.#date();
      case AMF0_MARKER.reference:
        return this.#reference();
      default:
        return this.#complex(marker, depth);
    }
  }

  /** The values that a later reference may name, which is why they are numbered in the order they open. */
  #complex(marker: number, depth: number): AmfValue {
    const start = this.#at;
    const valuesBefore = this.#values;
    const referencedBefore = this.#referencedBytes;
    const entry: Referable = { value: undefined, values: 0, bytes: 0 };
    this.#referables.push(entry);
    entry.value = this.#complexBody(marker, depth);
    entry.values = 1 + this.#values - valuesBefore;
    entry.bytes = this.#at - start + this.#referencedBytes - referencedBefore;
    return entry.value;
  }

  #complexBody(marker: number, depth: number): AmfValue {
    switch (marker) {
      case AMF0_MARKER.object:
        return this.#properties(depth);
      case AMF0_MARKER.typedObject:
        // The class name means nothing outside Flash.
        this.#skip(this.#u16('the length of a class name'), 'a class name');
        return this.#properties(depth);
      case AMF0_MARKER.ecmaArray:
        // AMF0 2.10: the count is a hint. Encoders write 0 or one too few; the end marker is what counts.
        this.#skip(4, 'the count of an ECMA array');
        return new EcmaArray(this.#properties(depth));
      case AMF0_MARKER.strictArray:
        return this.#strictArray(depth);
      case AMF0_MARKER.avmPlus:
        throw new ProtocolError('amf0', 'The peer switched to AMF3, and AMF3 values are not accepted');
      default:
        throw new ProtocolError(
          'amf0',
          `0x${marker.toString(16).padStart(2, '0')} is not an AMF0 type that can stand here`,
        );
    }
  }

  #properties(depth: number): AmfObject {
    const properties = Object.create(null) as AmfObject;
    for (;;) {
      const keyLength = this.#u16('the length of a property name');
      // AMF0 2.5: an empty name and the end marker close the object. An empty name before any other
      // marker is an ordinary, if odd, property.
      if (keyLength === 0 && this.#bytes[this.#at] === AMF0_MARKER.objectEnd) {
        this.#at += 1;
        return properties;
      }
      const key = this.#text(keyLength);
      properties[key] = this.value(depth + 1);
    }
  }

  #strictArray(depth: number): AmfValue[] {
    const count = this.#u32('the count of an array');
    // Each element takes a byte at least, so a larger count is a lie that need not be followed to the end.
    if (count > this.#bytes.length - this.#at) {
      throw new ProtocolError(
        'amf0',
        `An array claims ${count} elements in ${this.#bytes.length - this.#at} bytes`,
      );
    }
    const elements: AmfValue[] = [];
    for (let i = 0; i < count; i++) elements.push(this.value(depth + 1));
    return elements;
  }

  #reference(): AmfValue {
    const index = this.#u16('a reference');
    const entry = this.#referables[index];
    if (!entry) throw new ProtocolError('amf0', `Reference ${index} names an object that does not exist`);
    // A cycle is legal AMF0 and a trap for everyone who walks the value afterwards.
    if (entry.values === 0)
      throw new ProtocolError('amf0', `Reference ${index} names the object that contains it`);
    this.#count(entry.values);
    this.#referencedBytes += entry.bytes;
    if (this.#referencedBytes > MAX_REFERENCED_BYTES) {
      throw new ProtocolError('amf0_limit', `References stand for more than ${MAX_REFERENCED_BYTES} bytes`);
    }
    return entry.value;
  }

  #date(): Date {
    const time = this.#f64();
    // AMF0 2.13: the time zone is reserved and should be 0; the time is UTC whatever it says.
    this.#skip(2, 'the time zone of a date');
    return new Date(time);
  }

  #count(values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES)
      throw new ProtocolError('amf0_limit', `There are more than ${MAX_VALUES} AMF0 values`);
  }

  #u8(what: string): number {
    return this.#bytes[this.#skip(1, what)] as number;
  }

  #u16(what: string): number {
    return this.#bytes.readUInt16BE(this.#skip(2, what));
  }

  #u32(what: string): number {
    return this.#bytes.readUInt32BE(this.#skip(4, what));
  }

  #f64(): number {
    return this.#bytes.readDoubleBE(this.#skip(8, 'a number'));
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  #text(length: number): string {
    const at = this.#skip(length, 'a string');
    return this.#bytes.toString('utf8', at, this.#at);
  }

  /** Moves on by `count` bytes and returns where they began. */
  #skip(count: number, what: string): number {
    const at = this.#at;
    const left = this.#bytes.length - at;
    if (count > left)
      throw new ProtocolError('amf0', `${what} takes ${count} bytes at offset ${at}, where ${left} are left`);
    this.#at += count;
    return at;
  }
}
