import type { Serializer } from './serializer.ts';

/** Where a player's bytes go: a socket, seen from the hub. */
export interface Sink {
  readonly serializer: Serializer;
  /** Bytes that were written and have not left the process yet. */
  readonly backlog: number;
  /** Takes bytes that are shared with other players: they must never be changed. */
  write(bytes: Buffer): void;
  /** Called once when the player has been too slow for too long. The sink must close its client. */
  drop(): void;
  /** Called when the publisher has left and none has come for as long as players wait. The sink should end its play. */
  end?(): void;
}
