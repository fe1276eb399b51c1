import { type Address, isStreamName } from '../model/address.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { ClientEvents, Opened } from './client-events.ts';
import { MISNAMED, type Refusal } from './refusal.ts';
import { Reservation, type ReservationDeps, reserve } from './reservation.ts';

/** A publisher that is let in. `key` is what it publishes, under the name that the backend gave. */
export interface AdmittedPublisher {
  readonly ok: true;
  readonly key: StreamKey;
  readonly opened: Opened;
  readonly reservation: Reservation;
}

/** Why a publisher is not let in: the stream has a publisher, or the answer was no. */
export type PublishRefusal = 'busy' | 'denied';

interface TurnedAway {
  readonly ok: false;
  readonly reason: PublishRefusal;
  readonly refusal: Refusal;
}

/** What it takes to let a publisher in, whatever its protocol. */
export interface PublisherDeps extends ReservationDeps {
  readonly events: ClientEvents;
  /** True once the client has gone. */
  isClosed(): boolean;
}

/** Without a name: the one that the client gave may be a secret. */
const BUSY: TurnedAway = {
  ok: false,
  reason: 'busy',
  refusal: { message: 'the stream is already being published' },
};

/**
 * Reserves what a client asks to publish, has its backend asked, and reserves the name that the backend gives it.
 * Undefined if the client has gone meanwhile.
 */
export async function admitPublisher(
  deps: PublisherDeps,
  address: Address,
  vhost: VhostOptions,
): Promise<AdmittedPublisher | TurnedAway | undefined> {
  const { events } = deps;
  const asked = await reserveOrTakeOver(deps, address, vhost);
  if (deps.isClosed()) {
    asked?.end();
    return undefined;
  }
  if (!asked) return BUSY;
  const opened = await events.open('on_publish', address).catch((error: unknown) => {
    asked.end();
    throw error;
  });
  if (!opened.allowed) {
    asked.end();
    return denied(opened);
  }
  const { stream = address.stream } = opened.grant ?? {};
  const key = { vhost: vhost.name, app: address.app, stream };
  const reservation = stream === address.stream ? asked : await rename(deps, asked, key, vhost);
  if (deps.isClosed()) {
    if (reservation instanceof Reservation) reservation.end();
    return undefined;
  }
  if (reservation instanceof Reservation) {
    opened.rename(stream);
    return { ok: true, key, opened, reservation };
  }
  // The backend has said yes to what is not to be.
  opened.end('refused');
  return reservation;
}

function denied(refusal: Refusal): TurnedAway {
  return { ok: false, reason: 'denied', refusal };
}

/** Reserves the stream; if it has a publisher, the backend may say that this one has to go. */
async function reserveOrTakeOver(
  deps: PublisherDeps,
  address: Address,
  vhost: VhostOptions,
): Promise<Reservation | undefined> {
  const free = await reserve(deps, address, vhost.play);
  if (free || deps.events.ignores('on_publish_busy', vhost.name)) return free;
  const verdict = await deps.events.askBusy(address);
  if (!verdict.allowed || !verdict.grant?.takeover || deps.isClosed()) return undefined;
  return reserve(deps, address, vhost.play, true);
}

/**
 * Reserves the new name beside the one that was asked for, which stays taken as long: who has the same key is refused
 * before anybody is asked. Gives both up if the new name cannot be had.
 */
async function rename(
  deps: PublisherDeps,
  asked: Reservation,
  key: StreamKey,
  vhost: VhostOptions,
): Promise<Reservation | TurnedAway> {
  const isName = isStreamName(key.stream);
  const named = isName ? await reserve(deps, key, vhost.play) : undefined;
  if (named) return named.beside(asked);
  asked.end();
  return isName ? BUSY : denied({ message: MISNAMED });
}
