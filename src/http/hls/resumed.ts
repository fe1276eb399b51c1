import { createHash } from 'node:crypto';
import type { Address } from '../../model/address.ts';
import type { PlaybackRequest } from '../playback-request.ts';

/**
 * Name of what a viewer resumes who comes with the id of a session that is no more. Whatever of it is different makes
 * another one: an id that was found in a log opens nothing that its finder was not asked about himself.
 */
export function resumedName(ctx: string, { ip }: PlaybackRequest, address: Address): string {
  const { vhost, app, stream, param } = address;
  return createHash('sha256')
    .update(JSON.stringify([ctx, ip, vhost, app, stream, param]))
    .digest('base64url');
}

/** A request as it would be if it had no session's id. */
export function withoutCtx(request: PlaybackRequest): PlaybackRequest {
  const strip = (query: string) =>
    query
      .split('&')
      .filter((word) => !word.startsWith('hls_ctx='))
      .join('&');
  const param = strip(request.param.replace(/^\?/, ''));
  return { ...request, query: strip(request.query), param: param === '' ? '' : `?${param}` };
}
