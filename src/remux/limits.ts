/** Tracks of one publish that are read; more are left out. */
export const MAX_TRACKS = 8;
/** Things that cannot be read of which one publish's reader tells; then it is silent. */
export const MAX_LEFT_OUT = 16;
/** Bytes of samples that wait for a publish to show which tracks it has. */
export const MAX_HELD_BYTES: number = 8 * 1024 * 1024;
/** Samples that wait for it. */
export const MAX_HELD_SAMPLES = 2_000;
/** Bytes of samples that one piece of a file may have; what is beyond is left out, so a piece has to be cut before. */
export const MAX_PIECE_BYTES: number = 64 * 1024 * 1024;
