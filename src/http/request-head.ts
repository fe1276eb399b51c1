import type { IncomingMessage } from 'node:http';
import type { Fault } from './playback-request.ts';

/**
 * What is wrong with the head of a request, whatever it asks for: two hosts, which whoever stands before this server may
 * read in another order, or a body over the bound where none is read.
 */
export function faultOfHead(
  { rawHeaders, headers, method }: Pick<IncomingMessage, 'rawHeaders' | 'headers' | 'method'>,
  maxBodyBytes: number,
): Fault | undefined {
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length > 1)
    return { ok: false, status: 400, message: 'the request has more than one Host header' };
  // Other bodies are bounded where they are read.
  if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return undefined;
  if (headers['transfer-encoding'] !== undefined)
    return { ok: false, status: 411, message: `the body of a ${method} needs a Content-Length` };
  if (Number(headers['content-length'] ?? 0) <= maxBodyBytes) return undefined;
  return { ok: false, status: 413, message: `the body of a ${method} has more than ${maxBodyBytes} bytes` };
}
