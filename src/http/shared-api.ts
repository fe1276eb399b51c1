import type { IncomingMessage, ServerResponse } from 'node:http';

/** The control API where it has the ports of the playback server. */
export interface SharedApi {
  /** True if a request that came in at a port is for the API: for one of its paths, at one of its ports. */
  claims(path: string, port: number | undefined): boolean;
  /** Answers a request of the client at `ip`. */
  handle(request: IncomingMessage, response: ServerResponse, ip: string): void;
}

/** Paths of the API; all others belong to the playback server. */
const PATHS = /^\/(?:api|console|metrics|healthz|readyz)(?:[/?]|$)/;

/** True for a path of the API, with its query. */
export function isApiPath(path: string): boolean {
  return PATHS.test(path);
}
