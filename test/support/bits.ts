/** A number in so many binary digits. */
export const u = (value: number, count: number): string => value.toString(2).padStart(count, '0');

/** An unsigned Exp-Golomb code, as H.264 table 9-2 writes it. */
export function ue(value: number): string {
  const digits = (value + 1).toString(2);
  return '0'.repeat(digits.length - 1) + digits;
}

/** A signed Exp-Golomb code, as H.264 table 9-3 maps it. */
export const se = (value: number): string => ue(value > 0 ? 2 * value - 1 : -2 * value);

/** Binary digits as bytes, filled up with 0 at the end; blanks between them are for the reader. */
export function bits(...parts: readonly string[]): Buffer {
  const digits = parts.join('').replaceAll(' ', '');
  const bytes = digits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)));
}

/** Bytes from their hexadecimal digits. */
export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
