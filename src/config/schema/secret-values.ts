import { z } from 'zod';
import { quote } from '../report.ts';
import type { Read } from './spec.ts';
import { type Check, reader } from './values.ts';

/** A key for signatures, or where it is. Says nothing of the word itself: it may be the key, miswritten. */
export function secretWord(): Check<string> {
  return z.string().refine((word) => isReference(word) || isSecret(word), {
    error: `is not ${SECRET_EXPECTED}, env:NAME or file:PATH`,
  }) as Check<string>;
}

/** Form of the secret that `secretWord` and the places it names hold. */
export const SECRET_EXPECTED = 'whsec_ and the base64 of 24 to 64 bytes';

/** `whsec_` and base64 of 24 to 64 bytes, as the Standard Webhooks specification has its symmetric keys. */
export function isSecret(word: string): boolean {
  const base64 = word.startsWith('whsec_') ? word.slice('whsec_'.length) : '';
  const bytes = Buffer.from(base64, 'base64');
  const canonical = bytes.toString('base64');
  const padded = canonical === base64 || canonical.replace(/=+$/, '') === base64;
  return padded && bytes.length >= 24 && bytes.length <= 64;
}

/** `env:NAME` or `file:PATH`: a value that stands elsewhere. */
export function isReference(word: string): boolean {
  return /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\p{Cc}]+)$/u.test(word);
}

/** A header as a file has it. */
export interface HeaderWords {
  readonly name: string;
  /** The value itself, or a reference to it. */
  readonly value: string;
}

/** Headers that say where a request goes and how it is read, or that are the signature. */
const OWN_HEADERS =
  /^(?:host|content-(?:length|type|encoding)|transfer-encoding|connection|keep-alive|proxy-connection|upgrade|expect|te|trailer|webhook-.*)$/i;

/** The name and the value of a header. Says nothing of the value: it may be a key. */
export function headerField(): Read<readonly HeaderWords[]> {
  return reader(
    'a name and a value',
    z
      .array(z.string())
      .readonly()
      .transform(([name, value, more], { issues }) => {
        const complain = (index: number, message: string) =>
          issues.push({ code: 'custom', path: [index], message, input: undefined });
        if (name === undefined) return [];
        if (!isHeaderName(name)) complain(0, `is named ${quote(name)}, expected a name such as X-Api-Key`);
        else if (OWN_HEADERS.test(name))
          complain(0, `${name} is set by Gatecast itself, expected another name`);
        if (value === undefined) complain(0, `${quote(name)} has no value, expected one behind it`);
        else if (more !== undefined)
          complain(2, 'takes a name and a value; put quotes around a value with spaces');
        else if (!isReference(value) && !isHeaderValue(value))
          complain(1, `${quote(name)} has a value ${HEADER_VALUE_FAULT}`);
        else return [{ name, value }];
        return z.NEVER;
      }),
  );
}

/** Error sentence for a text that `isHeaderValue` does not accept. */
export const HEADER_VALUE_FAULT = 'that no header can have, expected printable ASCII characters';

/** Visible ASCII with spaces inside: what arrives unchanged everywhere (RFC 9110, 5.5). */
export function isHeaderValue(value: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(value);
}

function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name);
}
