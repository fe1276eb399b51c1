/** What a path names, where streams are mounted. */
export interface Mounted {
  readonly app: string;
  readonly stream: string;
}

/**
 * The app and the stream of a path under a mount such as `/[app]/[stream].flv`; undefined if it is no such path. An app
 * may be several segments.
 */
export function matchMount(mount: string, path: readonly string[]): Mounted | undefined {
  const pattern = mount.split('/').filter((segment) => segment !== '');
  const [before = '', after = ''] = pattern.pop()?.split('[stream]') ?? [];
  const at = pattern.indexOf('[app]');
  const head = pattern.slice(0, at);
  const tail = pattern.slice(at + 1);
  const folders = path.slice(0, -1);
  const apps = folders.slice(head.length, folders.length - tail.length);
  const name = path.at(-1) ?? '';
  const fits =
    apps.length > 0 &&
    head.every((segment, index) => segment === folders[index]) &&
    tail.every((segment, index) => segment === folders[folders.length - tail.length + index]) &&
    name.length > before.length + after.length &&
    name.startsWith(before) &&
    name.endsWith(after);
  if (!fits) return undefined;
  return { app: apps.join('/'), stream: name.slice(before.length, name.length - after.length) };
}
