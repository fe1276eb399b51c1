import { createHash } from 'node:crypto';

/** Names one live stream of the server. */
export interface StreamKey {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

/** The vhost that takes clients who name no other one. */
export const DEFAULT_VHOST = '__defaultVhost__';

/** `vhost/app/stream`: unique for a key, since a vhost has no slash and a stream has none either. */
export function formatStreamKey(key: StreamKey): string {
  return `${key.vhost}/${key.app}/${key.stream}`;
}

/** SRS's `stream_url`: `/app/stream`, headed by the vhost unless it is the default one, a known extension removed. */
export function formatStreamUrl(key: StreamKey): string {
  const vhost = key.vhost === DEFAULT_VHOST ? '' : key.vhost;
  return `${vhost}/${key.app}/${key.stream.replace(/\.(flv|ts|mp3|aac|m3u8)$/, '')}`;
}

/** SRS shows its statistics' id here. Ours follows from the key, so the same stream always has the same one. */
export function streamId(key: StreamKey): string {
  const hash = createHash('sha1').update(formatStreamKey(key)).digest().readUIntBE(0, 6);
  return `vid-${(hash % 36 ** 7).toString(36).padStart(7, '0')}`;
}
