import type { ConfigApplied, ConfigCheck, Configuration } from './config-contract.ts';
import type { Client, Delivery, HookHealth, ServerFacts, Stream } from './contract.ts';

/** An answer that is not what was asked for; the message is a sentence for the person who looks. */
export class ApiError extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Says that this is the console: no log-in dialogue of the browser, and no request forged by another site. */
export const OWN_HEADERS: Readonly<Record<string, string>> = { 'x-gatecast': 'console' };

export const API = '/api/v2';

type Query = Readonly<Record<string, string | number | undefined>>;

/** Writes the fields that have a value as a query, with its `?`; empty if none has. */
export function queryOf(fields: Query): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The server's control API as this page uses it. Everything rejects with an ApiError. */
export class Api {
  readonly #unauthorized: () => void;

  /** `unauthorized` is called whenever the server wants somebody to log in first. */
  constructor(unauthorized: () => void) {
    this.#unauthorized = unauthorized;
  }

  server = (): Promise<ServerFacts> => this.#ask('GET', '/server');
  stream = (id: string): Promise<Stream> => this.#ask('GET', `/streams/${encodeURIComponent(id)}`);
  kickPublisher = (id: string): Promise<{ kicked: number }> =>
    this.#ask('DELETE', `/streams/${encodeURIComponent(id)}`);
  clients = (query: Query): Promise<{ clients: Client[]; total: number }> =>
    this.#ask('GET', `/clients${queryOf(query)}`);
  kick = (id: string): Promise<{ kicked: number }> =>
    this.#ask('DELETE', `/clients/${encodeURIComponent(id)}`);
  deliveries = (query: Query): Promise<{ deliveries: Delivery[] }> =>
    this.#ask('GET', `/deliveries${queryOf(query)}`);
  delivery = (id: string): Promise<Delivery> => this.#ask('GET', `/deliveries/${encodeURIComponent(id)}`);
  replay = (id: string): Promise<Delivery> =>
    this.#ask('POST', `/deliveries/${encodeURIComponent(id)}/replay`);
  hooks = (): Promise<HookHealth> => this.#ask('GET', '/hooks');
  config = (): Promise<Configuration> => this.#ask('GET', '/config');
  checkConfig = (text: string): Promise<ConfigCheck> => this.#ask('POST', '/config/check', { text });
  applyConfig = (text: string, etag: string): Promise<ConfigApplied> =>
    this.#ask('PUT', '/config', { text, etag });
  logout = (): Promise<void> => this.#ask('POST', '/logout');

  /** A refusal of the credentials is an error of this request, not a call for a log-in. */
  login = (username: string, password: string): Promise<void> =>
    this.#ask('POST', '/login', { username, password }, () => undefined);

  async #ask<T>(method: string, path: string, body?: unknown, unauthorized = this.#unauthorized): Promise<T> {
    const response = await fetch(`${API}${path}`, {
      method,
      headers: { ...OWN_HEADERS, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
    }).catch(() => {
      throw new ApiError(0, 'The server does not answer.');
    });
    if (response.status === 204) return undefined as T;
    const answer = await readAnswer(response);
    if (response.ok) return answer as T;
    if (response.status === 401) unauthorized();
    throw new ApiError(response.status, sentenceOf(answer, response.status));
  }
}

async function readAnswer(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    if (!response.ok) return undefined;
    throw new ApiError(response.status, 'The server answered with something that is not JSON.');
  }
}

function sentenceOf(answer: unknown, status: number): string {
  const error = (answer as { error?: unknown } | undefined)?.error;
  return typeof error === 'string' ? error : `The server answered with status ${status}.`;
}
