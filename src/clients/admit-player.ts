import { type Address, isStreamName } from '../model/address.ts';
import type { CloseReason } from '../model/events.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub } from '../streams/hub.ts';
import { type Seating, takeSeat } from './acquire-slot.ts';
import type { ClientEvents, Opened } from './client-events.ts';
import { type Resident, type Stay, stayOf } from './grant-limits.ts';
import { MISNAMED, type Refusal } from './refusal.ts';

/** What it takes to let a player in, whatever its protocol. */
export interface PlayerMeans extends Seating, Resident {
  readonly hub: Hub;
  readonly events: ClientEvents;
  /** True once the client has gone. */
  isClosed(): boolean;
}

/** A player that is let in. */
export interface AdmittedPlayer {
  readonly ok: true;
  /** What it plays, under the name that the backend gave. */
  readonly key: StreamKey;
  /** The terms on which it stays; undefined if there are none. Somebody has to have it look at the clock. */
  readonly stay: Stay | undefined;
  /** To be called once it plays: tells the backend if there is nothing to play. */
  reportAbsence(): Promise<void>;
  /** Tells the end and gives the place back; counts once. */
  end(reason: CloseReason): void;
}

type Outcome = AdmittedPlayer | ({ readonly ok: false } & Refusal);

/**
 * Asks whether a client may play what it named, in a vhost that has let it in, and takes its place: all that lies
 * between the name and the first byte. Undefined if the client has gone meanwhile.
 */
export async function admitPlayer(
  means: PlayerMeans,
  address: Address,
  vhost: VhostOptions,
): Promise<Outcome | undefined> {
  if (address.stream === '') return refuse('the stream has no name');
  if (means.isClosed()) return undefined;
  const full = means.seats.full(address);
  if (full !== undefined) return refuse(allTaken(full));
  const opened = await means.events.open('on_play', address);
  if (!opened.allowed) return { ok: false, message: opened.message, redirect: opened.redirect };
  if (means.isClosed()) return undefined;
  const seated = await seat(means, opened, address, vhost);
  if (typeof seated === 'string') {
    // The backend has said yes to what is not to be.
    opened.end('refused');
    return refuse(seated);
  }
  if (!means.isClosed()) return admitted(means, opened, vhost, seated);
  seated.leave();
  return undefined;
}

interface Seated {
  readonly key: StreamKey;
  /** Gives the place back. */
  readonly leave: () => void;
}

/** The place of the player, under the name that the backend gave; or why there is none. */
async function seat(
  means: PlayerMeans,
  opened: Opened,
  address: Address,
  vhost: VhostOptions,
): Promise<Seated | string> {
  const { stream = address.stream, maxViewers = Number.POSITIVE_INFINITY } = opened.grant ?? {};
  if (stream !== address.stream && !isStreamName(stream)) return MISNAMED;
  const key = { vhost: vhost.name, app: address.app, stream };
  opened.rename(stream);
  const bounded = maxViewers < Number.POSITIVE_INFINITY || !means.events.ignores('on_publish', vhost.name);
  const leave = await takeSeat(means, key, maxViewers, bounded);
  return typeof leave === 'number' ? allTaken(leave) : { key, leave };
}

function admitted(
  means: PlayerMeans,
  opened: Opened,
  vhost: VhostOptions,
  { key, leave }: Seated,
): AdmittedPlayer {
  const stay = stayOf(means, means.events, opened, vhost);
  return {
    ok: true,
    key,
    stay,
    async reportAbsence() {
      if (means.events.ignores('on_not_found', vhost.name)) return;
      const found = means.hub.isOnAir(key) || (await means.claims?.isOnAir(key)) === true;
      if (!found && !means.isClosed()) opened.tellNotFound();
    },
    end(reason) {
      stay?.end();
      opened.end(reason);
      leave();
    },
  };
}

function refuse(message: string): Outcome {
  return { ok: false, message };
}

function allTaken(viewers: number): string {
  return `the stream has all the ${viewers} viewers that it may have`;
}
