import type { Publication } from '../hub/hub.ts';
import type { PlayOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Dialogue } from './dialogue.ts';

/**
 * Reserves a stream, here and then among all processes that share the streams; undefined when there is a publisher. The
 * claim goes with the publication.
 */
export async function reserve(
  dialogue: Pick<Dialogue, 'hub' | 'claims'>,
  { vhost, app, stream }: StreamKey,
  options: PlayOptions,
): Promise<Publication | undefined> {
  const key = { vhost, app, stream };
  const publication = dialogue.hub.reserve(key, options);
  if (!publication || !dialogue.claims) return publication;
  const claim = await dialogue.claims.claim(key);
  if (!claim) {
    publication.end();
    return undefined;
  }
  return {
    get players() {
      return publication.players;
    },
    get restMs() {
      return publication.restMs;
    },
    start() {
      publication.start();
      claim.onAir();
    },
    write: (packet) => publication.write(packet),
    clearMetadata: () => publication.clearMetadata(),
    end() {
      publication.end();
      claim.release();
    },
  };
}
