import { type Address, isStreamName } from '../model/address.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import { STATUS, type StatusCode } from '../protocol/rtmp/status.ts';
import type { ClientEvents, Opened } from '../visits/client-events.ts';
import { MISNAMED, type Refusal } from '../visits/refusal.ts';
import type { Dialogue } from './dialogue.ts';
import { Reservation, reserve } from './reserve.ts';

/** A publisher that is let in. `key` is what it publishes, under the name that the backend gave. */
interface Admitted {
  readonly ok: true;
  readonly key: StreamKey;
  readonly opened: Opened;
  readonly reservation: Reservation;
}

interface TurnedAway {
  readonly ok: false;
  readonly code: StatusCode;
  readonly refusal: Refusal;
}

/** Without a name: the one that the client gave may be a secret. */
const BUSY: TurnedAway = {
  ok: false,
  code: STATUS.publishBadName,
  refusal: { message: 'the stream is already being published' },
};
const NO_NAME: TurnedAway = { ok: false, code: STATUS.publishDenied, refusal: { message: MISNAMED } };

/**
 * Reserves what a client asks to publish, has its backend asked, and reserves the name that the backend gives it.
 * Undefined if the client has gone meanwhile.
 */
export async function admitPublisher(
  dialogue: Dialogue,
  events: ClientEvents,
  address: Address,
  vhost: VhostOptions,
): Promise<Admitted | TurnedAway | undefined> {
  const { connection } = dialogue;
  const asked = await reserveOrTakeOver(dialogue, events, address, vhost);
  if (connection.isClosed()) {
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
    return { ok: false, code: STATUS.publishDenied, refusal: opened };
  }
  const { stream = address.stream } = opened.grant ?? {};
  const key = { vhost: vhost.name, app: address.app, stream };
  const reservation = stream === address.stream ? asked : await rename(dialogue, asked, key, vhost);
  if (connection.isClosed()) {
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

/** Reserves the stream; if it has a publisher, the backend may say that this one has to go. */
async function reserveOrTakeOver(
  dialogue: Dialogue,
  events: ClientEvents,
  address: Address,
  vhost: VhostOptions,
): Promise<Reservation | undefined> {
  const free = await reserve(dialogue, address, vhost.play);
  if (free || events.ignores('on_publish_busy', vhost.name)) return free;
  const verdict = await events.askBusy(address);
  if (!verdict.allowed || !verdict.grant?.takeover || dialogue.connection.isClosed()) return undefined;
  return reserve(dialogue, address, vhost.play, true);
}

/**
 * Reserves the new name beside the one that was asked for, which stays taken as long: who has the same key is refused
 * before anybody is asked. Gives both up if the new name cannot be had.
 */
async function rename(
  dialogue: Dialogue,
  asked: Reservation,
  key: StreamKey,
  vhost: VhostOptions,
): Promise<Reservation | TurnedAway> {
  const isName = isStreamName(key.stream);
  const named = isName ? await reserve(dialogue, key, vhost.play) : undefined;
  if (named) return named.beside(asked);
  asked.end();
  return isName ? BUSY : NO_NAME;
}
