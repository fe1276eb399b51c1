import { ByteWriter } from '../bytes/byte-writer.ts';
import { AMF0_MARKER, AMF0_MAX_DEPTH, type AmfObject, type AmfValue, EcmaArray } from './value.ts';

const LONGEST_SHORT_STRING = 0xffff;

/**
 * Encodes values one after the other. Strings of more than 65,535 bytes become long strings.
 * Throws `RangeError` for values nested deeper than 32 levels (a cycle, most likely) and for keys too long.
 */
export function encodeAmf0(...values: readonly AmfValue[]): Buffer {
  const writer = new ByteWriter();
  for (const value of values) writeValue(writer, value, 0);
  return writer.toBuffer();
}

function writeValue(writer: ByteWriter, value: AmfValue, depth: number): void {
  if (typeof value === 'number') writer.u8(AMF0_MARKER.number).f64(value);
  else if (typeof value === 'boolean') writer.u8(AMF0_MARKER.boolean).u8(value ? 1 : 0);
  else if (typeof value === 'string') writeString(writer, value);
  else if (value === undefined) writer.u8(AMF0_MARKER.undefined);
  else if (value === null) writer.u8(AMF0_MARKER.null);
  else writeComplex(writer, value, depth);
}

function writeString(writer: ByteWriter, text: string): void {
  const length = Buffer.byteLength(text);
  if (length > LONGEST_SHORT_STRING) writer.u8(AMF0_MARKER.longString).u32(length);
  else writer.u8(AMF0_MARKER.string).u16(length);
  writer.utf8(text);
}

function writeComplex(
  writer: ByteWriter,
  value: Date | readonly AmfValue[] | AmfObject | EcmaArray,
  depth: number,
): void {
  if (depth > AMF0_MAX_DEPTH)
    throw new RangeError(`cannot encode values nested deeper than ${AMF0_MAX_DEPTH} levels`);
  if (value instanceof Date) {
    writer.u8(AMF0_MARKER.date).f64(value.getTime()).u16(0);
  } else if (value instanceof EcmaArray) {
    writer.u8(AMF0_MARKER.ecmaArray).u32(Object.keys(value.entries).length);
    writeProperties(writer, value.entries, depth);
  } else if (isArray(value)) {
    writer.u8(AMF0_MARKER.strictArray).u32(value.length);
    for (const element of value) writeValue(writer, element, depth + 1);
  } else {
    writer.u8(AMF0_MARKER.object);
    writeProperties(writer, value, depth);
  }
}

function writeProperties(writer: ByteWriter, properties: AmfObject, depth: number): void {
  for (const [key, value] of Object.entries(properties)) {
    const length = Buffer.byteLength(key);
    if (length > LONGEST_SHORT_STRING)
      throw new RangeError(`cannot encode a property name of ${length} bytes`);
    writer.u16(length).utf8(key);
    writeValue(writer, value, depth + 1);
  }
  writer.u16(0).u8(AMF0_MARKER.objectEnd);
}

/** `Array.isArray` does not narrow readonly arrays out of a union. */
function isArray(value: object): value is readonly AmfValue[] {
  return Array.isArray(value);
}
