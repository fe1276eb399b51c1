import { isIP } from 'node:net';
import { formatIp } from '../model/ip.ts';

/**
 * Who a request comes from: the last address in X-Forwarded-For that is no trusted proxy's, if `peer` is one. What stands
 * before that anybody may have written there.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  isTrusted: (ip: string) => boolean,
): string {
  let ip = peer;
  for (const hop of (forwardedFor ?? '').split(',').reverse()) {
    if (!isTrusted(ip)) return ip;
    const address = hop.trim().replace(/^\[(.*)\](?::\d+)?$/, '$1');
    if (isIP(address) === 0) return ip;
    ip = formatIp(address);
  }
  return ip;
}
