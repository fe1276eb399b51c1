import type { HookOptions } from '../model/options.ts';
import { decodePart, secretsIn, soundsSecret } from '../model/secret-values.ts';

/** What of a vhost's hooks is never to be shown: keys, API keys in headers, passwords and tokens in URLs. */
export function configuredSecrets({ secrets, headers, urls }: HookOptions): readonly string[] {
  return [
    ...secrets,
    ...headers.flatMap(([name, value]) => (soundsSecret(name) ? [value] : [])),
    ...Object.values(urls).flat().flatMap(secretsOfUrl),
  ];
}

/** Schemes, hosts and ports of the backends. */
export function configuredOrigins({ enabled, urls }: HookOptions): readonly string[] {
  if (!enabled) return [];
  return Object.values(urls)
    .flat()
    .map((url) => new URL(url).origin);
}

function secretsOfUrl(text: string): readonly string[] {
  const { username, password, search } = new URL(text);
  const user = [username, password].map(decodePart).join(':');
  const credentials = password === '' ? [] : [password, Buffer.from(user).toString('base64')];
  return [...credentials, ...secretsIn(search)];
}
