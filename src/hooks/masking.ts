import type { Delivery } from '../model/delivery.ts';
import type { HookOptions } from '../model/options.ts';
import {
  decodePart,
  MASK,
  maskQuery,
  maskSentence,
  SecretFinder,
  secretsIn,
  soundsSecret,
} from '../model/secret-values.ts';

type Headers = readonly (readonly [string, string])[];

/** What a request has of our own making, and says nothing of anybody's secrets. */
const OPEN_REQUEST_HEADERS = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
]);

/**
 * A delivery as it may be shown: without the values of anything that sounds secret, in whatever spelling and wherever
 * the backend repeats them. `streamKey` is the stream's name if it is one to keep, `secrets` are those of the
 * configuration.
 */
export function maskDelivery(
  delivery: Delivery,
  secrets: Iterable<string> = [],
  streamKeys: readonly string[] = [],
): Delivery {
  const { request, response } = delivery;
  const headers = [...request.headers, ...(response?.headers ?? [])];
  const finder = new SecretFinder([
    ...secrets,
    ...streamKeys,
    ...headers.flatMap(secretsOfHeader),
    ...secretsOfBody(request.body),
    ...secretsOfBody(response?.body ?? ''),
  ]);
  const hide = (text: string) => (streamKeys.includes(text) ? MASK : finder.hide(text));
  return {
    ...delivery,
    app: hide(delivery.app),
    stream: hide(delivery.stream),
    url: hide(delivery.url),
    request: {
      headers: maskHeaders(request.headers, (name) => !OPEN_REQUEST_HEADERS.has(name), hide),
      body: maskBody(request.body, hide),
    },
    response: response && {
      status: response.status,
      headers: maskHeaders(response.headers, soundsSecret, hide),
      body: maskBody(response.body, hide),
    },
    why: hide(maskSentence(delivery.why)),
  };
}

function maskHeaders(
  headers: Headers,
  secret: (name: string) => boolean,
  hide: (text: string) => string,
): Headers {
  return headers.map(([name, value]) => [
    name,
    secret(name.toLowerCase()) ? MASK : hide(maskSentence(maskQuery(value))),
  ]);
}

function secretsOfHeader([name, value]: readonly [string, string]): readonly string[] {
  return soundsSecret(name) ? [value] : secretsIn(value);
}

const isForm = (text: string) => /^[\w.%-]+=[^\s{}"]*$/.test(text);

function secretsOfBody(body: string): readonly string[] {
  if (isForm(body)) {
    return [...new URLSearchParams(body)].flatMap(([name, value]) =>
      soundsSecret(name) ? [value] : secretsIn(value),
    );
  }
  const found: string[] = [];
  mapJson(body, (value, secret) => {
    found.push(...(secret ? [value] : secretsIn(value)));
    return value;
  });
  return found;
}

function maskBody(body: string, hide: (text: string) => string): string {
  const show = (value: string) => hide(maskQuery(value));
  if (isForm(body))
    return body
      .split('&')
      .map((pair) => maskFormPair(pair, show))
      .join('&');
  if (/^\s*[{["]/.test(body)) return hide(mapJson(body, (value, secret) => (secret ? MASK : show(value))));
  return hide(maskSentence(body));
}

function maskFormPair(pair: string, show: (text: string) => string): string {
  const [name = '', value = ''] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
  if (soundsSecret(decodePart(name))) return `${name}=${MASK}`;
  const plain = decodePart(value.replaceAll('+', ' '));
  const shown = show(plain);
  return shown === plain ? pair : `${name}=${encodeURIComponent(shown)}`;
}

/** Strings (the last may be cut), other scalars, signs, and what is between them. */
const JSON_TOKEN = /"(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s{}[\],:"]+|[{}[\],:]|\s+/gs;

/**
 * A JSON text with its values replaced, also one that is broken or cut; the rest stays as it was written. `replace` gets
 * each scalar as text, and whether it is under a name that sounds secret.
 */
function mapJson(text: string, replace: (value: string, secret: boolean) => string): string {
  let depth = 0;
  let secretDepth = Number.POSITIVE_INFINITY;
  let name: string | undefined;
  const tokens = text.match(JSON_TOKEN) ?? [];
  const next = (index: number) => {
    const following = tokens[index + 1] ?? '';
    return following.trim() === '' ? tokens[index + 2] : following;
  };
  const mapped = tokens.map((token, index) => {
    if (/^\s/.test(token) || token === ':' || token === ',') return token;
    if (token === '}' || token === ']') {
      depth--;
      if (depth < secretDepth) secretDepth = Number.POSITIVE_INFINITY;
      return token;
    }
    const secret = depth >= secretDepth || (name !== undefined && soundsSecret(name));
    name = undefined;
    if (token === '{' || token === '[') {
      depth++;
      if (secret) secretDepth = Math.min(secretDepth, depth);
      return token;
    }
    const value = token.startsWith('"') ? stringOf(token) : token;
    if (token.startsWith('"') && next(index) === ':') {
      name = value;
      return token;
    }
    const replaced = replace(value, secret);
    return replaced === value ? token : JSON.stringify(replaced);
  });
  return mapped.join('');
}

function stringOf(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    // Cut in the middle: what is there counts.
    return token.slice(1).replace(/\\(.)/gs, '$1');
  }
}

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
