/** Offset of the sequence number in a `moof`: two box headers, then version and flags of `mfhd` (ISO 14496-12 8.8.5). */
const SEQUENCE_NUMBER = 20;
const BOX_HEADER = 8;

/**
 * The fragment of a CMAF segment of mediabunny's, from its `moof` on, with its number in the row. What is before that
 * (`styp`, `sidx`) speaks of the segment alone, and so is wrong where several make a file. `RangeError` if it has none.
 */
export function fragmentOf(segment: Uint8Array, number: number): Uint8Array {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  let at = 0;
  while (view.getUint32(at + 4) !== 0x6d6f6f66) at += Math.max(view.getUint32(at), BOX_HEADER);
  view.setUint32(at + SEQUENCE_NUMBER, number);
  return segment.subarray(at);
}
