import type { Socket } from 'node:net';
import type { StreamKey } from './stream-key.ts';

/** The other processes of a server, as one that has something to fetch from them over HTTP sees them. */
export interface Peers {
  /** Names this process: decimal digits, never used again for another one. */
  readonly node: string;
  /** Secret by which the processes of a server know each other. Nobody else may learn it. */
  readonly token: string;
  /**
   * The process where a stream is on air, or was last; undefined if that is this one, or none. As it was up to a second
   * ago. Never rejects.
   */
  placeOf(key: StreamKey): Promise<string | undefined>;
  /** Calls back when a stream is on air in another process, now or later, until the returned function is called. */
  whenElsewhere(key: StreamKey, found: (node: string) => void): () => void;
  /** Path of the unix socket where a process takes requests; nobody may be there. */
  socketOf(node: string): string;
  /** Takes connections of the other processes, until the returned function is called. */
  receive(take: (socket: Socket) => void): Promise<() => void>;
}
