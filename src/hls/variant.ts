import type { TrackConfig } from '../remux/track.ts';
import type { Variant } from './playlist.ts';

/** The codecs of tracks as playlists name them (RFC 6381). */
export function codecNames(tracks: readonly TrackConfig[]): readonly string[] {
  // WebCodecs has a name in small letters for the one that MP4 does not.
  return tracks.map(({ decoderConfig }) => (decoderConfig.codec === 'opus' ? 'Opus' : decoderConfig.codec));
}

/** Size of the first video track. */
export function resolutionOf(tracks: readonly TrackConfig[]): Variant['resolution'] {
  for (const track of tracks) {
    if (track.kind !== 'video') continue;
    const { codedWidth: width, codedHeight: height } = track.decoderConfig;
    return width > 0 && height > 0 ? { width, height } : undefined;
  }
  return undefined;
}

/** The same for tracks that need the same before their first segment. */
export function identityOf(tracks: readonly TrackConfig[]): string {
  return JSON.stringify(
    tracks.map(({ codec, decoderConfig: { description, ...config } }) => [
      codec,
      config,
      Buffer.from(description ?? []).toString('base64'),
    ]),
  );
}
