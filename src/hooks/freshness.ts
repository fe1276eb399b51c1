/** For how long `Cache-Control` (RFC 9111, 5.2.2) lets an answer be used again, in milliseconds; Infinity if it does not say. */
export function freshnessOf(cacheControl: string | string[] | undefined): number {
  const text = String(cacheControl ?? '').toLowerCase();
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(text)) return 0;
  const age = /(?:^|[\s,])max-age="?(\d+)/.exec(text)?.[1];
  return age === undefined ? Number.POSITIVE_INFINITY : Number(age) * 1000;
}
