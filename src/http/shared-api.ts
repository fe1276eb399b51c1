import type { IncomingMessage, ServerResponse } from 'node:http';

/** The control API where it has the ports of the playback server. */
export interface SharedApi {
  /** Whether a request that came in at a port is for the API: for one of its paths, at one of its ports. */
  claims(path: string, port: number | undefined): boolean;
  /** Answers a request of the client at `ip`. */
  handle(request: IncomingMessage, response: ServerResponse, ip: string): void;
}

/** What begins with one of these is the API's; all else is what the playback server has. */
const PATHS = /^\/(?:api|console|metrics|healthz|readyz)(?:[/?]|$)/;

/** True for a path of the API, with its query. */
export function isApiPath(path: string): boolean {
  return PATHS.test(path);
}
