import type { IncomingHttpHeaders } from 'node:http';
import { isSameSecret } from '../../model/secret-values.ts';
import type { StreamKey } from '../../model/stream-key.ts';

/** The session of a viewer that the asking process has. */
export interface ForeignSession {
  readonly ctx: string;
  /** Stream that the viewer may watch. */
  readonly key: StreamKey;
}

/** Facts that one process sends with a request that it forwards to another. They count with their token alone. */
export interface ForwardedRequest {
  /** Address of the viewer. */
  readonly ip: string;
  /** Set if the viewer has been let in already: nothing but a file is wanted. */
  readonly session?: ForeignSession | undefined;
}

const TOKEN = 'gatecast-token';
const VIEWER = 'gatecast-viewer';
const SESSION = 'gatecast-session';

/** A forwarded request as headers of a request. */
export function forwardedHeaders({ ip, session }: ForwardedRequest, token: string): Record<string, string> {
  // Headers are Latin-1; names of streams are not.
  const said = session ? { [SESSION]: encodeURIComponent(JSON.stringify(session)) } : {};
  return { [TOKEN]: token, [VIEWER]: ip, ...said };
}

/** The forwarded request that headers are; undefined if they are none of a process that knows the token. */
export function readForwardedRequest(
  headers: IncomingHttpHeaders,
  token: string,
): ForwardedRequest | undefined {
  const { [TOKEN]: said, [VIEWER]: ip, [SESSION]: session } = headers;
  if (typeof said !== 'string' || !isSameSecret(said, token)) return undefined;
  if (typeof ip !== 'string') return undefined;
  if (typeof session !== 'string') return { ip };
  return { ip, session: JSON.parse(decodeURIComponent(session)) as ForeignSession };
}
