/** Module that muxes. */
export type Mediabunny = typeof import('mediabunny');

/**
 * Loads mediabunny, which is large: for those who need it, when they need it. It prints nothing then: what goes wrong is
 * in what it rejects with, and a peer's bytes shall not write to the console.
 */
export async function loadMediabunny(): Promise<Mediabunny> {
  const bunny = await import('mediabunny');
  bunny.Logging.level = bunny.LogLevel.Silent;
  return bunny;
}
