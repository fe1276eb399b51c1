/** Parameter sets are read up to this many bytes: what is asked of them stands in the first hundred. */
const MAX_PARAMETER_SET_BYTES = 1024;

/** A NAL unit without the bytes that keep start codes out of it (H.264 7.4.1, H.265 7.4.2), up to a bound. */
export function unescapeNal(nal: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.min(nal.length, MAX_PARAMETER_SET_BYTES));
  let length = 0;
  let zeros = 0;
  for (const byte of nal) {
    if (length === result.length) break;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    result[length] = byte;
    length += 1;
  }
  return result.subarray(0, length);
}

/** End of a list of NAL units with two bytes of length each, and its first unit; undefined if it is cut off. */
export function readNalList(
  bytes: Uint8Array,
  start: number,
  count: number,
): { readonly first: Uint8Array | undefined; readonly end: number } | undefined {
  let at = start;
  let first: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    if (at + 2 > bytes.length) return undefined;
    const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    const end = at + 2 + length;
    if (end > bytes.length) return undefined;
    first ??= bytes.subarray(at + 2, end);
    at = end;
  }
  return { first, end: at };
}

/** Width and height that are left of a coded picture; undefined if that is nothing. */
export function cropped(
  width: number,
  height: number,
  crop: { readonly x: number; readonly y: number },
): { readonly width: number; readonly height: number } | undefined {
  const size = { width: width - crop.x, height: height - crop.y };
  return size.width > 0 && size.height > 0 && size.width <= 65_535 && size.height <= 65_535
    ? size
    : undefined;
}
