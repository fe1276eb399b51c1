/**
 * A request's URL with each character written in one way (RFC 3986, 6.2.2): letters and digits plain, no fragment. Routes
 * and guard read it, so that what one takes for a path the other does too. Nothing is decoded twice.
 */
export function canonicalUrl(url: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/s.exec(url) ?? [];
  const plain = path.replace(/%([\da-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  });
  return plain + query;
}
