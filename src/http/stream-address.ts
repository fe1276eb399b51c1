import { type Address, resolveAddress } from '../model/address.ts';
import type { PlaybackRequest } from './playback-request.ts';

/** The stream that a path names by an app and a stream; undefined if no stream can be called so over RTMP. */
export function streamAddress(
  { vhost, snapshot, param }: Pick<PlaybackRequest, 'vhost' | 'snapshot' | 'param'>,
  { app, stream }: { readonly app: string; readonly stream: string },
): Address | undefined {
  const said = { tcUrl: `rtmp://${vhost.name}/${app}`, app: '', streamName: stream };
  const resolution = resolveAddress(said, snapshot.vhosts, true);
  if (!resolution.ok) return undefined;
  const { address } = resolution;
  // What was decoded is a name and nothing more: no query, vhost or further folder may come out of it.
  const same = address.vhost === vhost.name && address.app === app && address.stream === stream;
  return same && address.param === '' ? { ...address, param } : undefined;
}
