import { once } from 'node:events';
import type { FastifyRequest } from 'fastify';
import type { Hls } from '../../hls/hls.ts';
import type { LivePlaylist } from '../../hls/live-playlist.ts';
import type { StreamKey } from '../../model/stream-key.ts';
import type { PeerServers } from '../peers/peer-server.ts';

/** Time that a request waits for the first segment of a stream, in milliseconds: less than players wait for an answer. */
const PLAYLIST_TIMEOUT_MS = 15_000;

/**
 * The playlist of a stream, as soon as it is there, or the name of another of these processes where it is; undefined if
 * that takes too long or nobody waits any more.
 */
export async function waitForStream(
  hls: Hls,
  key: StreamKey,
  { raw }: FastifyRequest,
  peerServers?: PeerServers,
  timeoutMs: number = PLAYLIST_TIMEOUT_MS,
): Promise<LivePlaylist | string | undefined> {
  const playlist = hls.playlist(key);
  if (playlist?.variant) return playlist;
  const over = new AbortController();
  void once(raw.socket, 'close', { signal: over.signal }).then(
    () => over.abort(),
    () => undefined,
  );
  let elsewhere: string | undefined;
  const forget = peerServers?.whenElsewhere(key, (node) => {
    elsewhere = node;
    over.abort();
  });
  try {
    const found = await hls.whenListed(key, timeoutMs, over.signal);
    return elsewhere ?? found;
  } finally {
    forget?.();
    over.abort();
  }
}
