/** A value of AMF0. `undefined` also stands for the `unsupported` marker, and a string for an XML document. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | readonly AmfValue[]
  | AmfObject
  | EcmaArray;

/** An anonymous or typed object. Decoded ones have no prototype, so a `__proto__` key is a key like any other. */
export interface AmfObject {
  [key: string]: AmfValue;
}

/**
 * An associative array (AMF0 2.10), which most encoders use for `onMetaData`. A class of its own, so that what was
 * decoded as an ECMA array is encoded as one again.
 */
export class EcmaArray {
  readonly entries: AmfObject;

  /** `entries` is kept, not copied. */
  constructor(entries: AmfObject = {}) {
    this.entries = entries;
  }
}

/** Type markers (AMF0 2.1). */
export const AMF0_MARKER = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  avmPlus: 0x11,
} as const;

/** Depth to which values may nest, in both directions: `connect` of a real client needs two levels. */
export const AMF0_MAX_DEPTH = 32;
