import { urisOf } from './segmented.ts';

/** What a viewer of HLS gets from now on, in one file, as soon as the playlist has `segments`; undefined before. */
export async function hlsFile(master: string, segments: number): Promise<Buffer | undefined> {
  const [playlistUri] = urisOf(await textOf(master));
  if (playlistUri === undefined) return undefined;
  const playlist = new URL(playlistUri, master).href;
  const text = await textOf(playlist);
  const uris = urisOf(text);
  if (uris.length < segments) return undefined;
  const [, init] = /#EXT-X-MAP:URI="([^"]*)"/.exec(text) ?? [];
  const parts: Buffer[] = [];
  for (const uri of init === undefined ? uris : [init, ...uris]) {
    const answer = await fetch(new URL(uri, playlist));
    if (answer.status !== 200) throw new Error(`${uri}: ${answer.status} ${await answer.text()}`);
    parts.push(Buffer.from(await answer.arrayBuffer()));
  }
  return Buffer.concat(parts);
}

/** The body, or nothing while there is none. */
async function textOf(url: string): Promise<string> {
  const answer = await fetch(url);
  const text = await answer.text();
  return answer.status === 200 ? text : '';
}
