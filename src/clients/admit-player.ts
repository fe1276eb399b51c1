import { type Address, isStreamName } from '../model/address.ts';
import type { CloseReason } from '../model/events.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Hub } from '../streams/hub.ts';
import { acquireSlot, type SlotDeps } from './acquire-slot.ts';
import type { ClientEvents, Opened } from './client-events.ts';
import { type GrantLimits, grantLimitsFor, type LimitedClient } from './grant-limits.ts';
import { MISNAMED, type Refusal } from './refusal.ts';

/** What it takes to let a player in, whatever its protocol. */
export interface PlayerDeps extends SlotDeps, LimitedClient {
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
  /** Limits that were granted; undefined if there are none. To be ticked once a second. */
  readonly limits: GrantLimits | undefined;
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
  deps: PlayerDeps,
  address: Address,
  vhost: VhostOptions,
): Promise<Outcome | undefined> {
  if (address.stream === '') return refuse('the stream has no name');
  if (deps.isClosed()) return undefined;
  const full = deps.slots.full(address);
  if (full !== undefined) return refuse(allTaken(full));
  const opened = await deps.events.open('on_play', address);
  if (!opened.allowed) return { ok: false, message: opened.message, redirect: opened.redirect };
  if (deps.isClosed()) return undefined;
  const slot = await assignSlot(deps, opened, address, vhost);
  if (typeof slot === 'string') {
    // The backend has said yes to what is not to be.
    opened.end('refused');
    return refuse(slot);
  }
  if (!deps.isClosed()) return admitted(deps, opened, vhost, slot);
  slot.leave();
  return undefined;
}

interface SlotHolder {
  readonly key: StreamKey;
  /** Gives the place back. */
  readonly leave: () => void;
}

/** The place of the player, under the name that the backend gave; or why there is none. */
async function assignSlot(
  deps: PlayerDeps,
  opened: Opened,
  address: Address,
  vhost: VhostOptions,
): Promise<SlotHolder | string> {
  const { stream = address.stream, maxViewers = Number.POSITIVE_INFINITY } = opened.grant ?? {};
  if (stream !== address.stream && !isStreamName(stream)) return MISNAMED;
  const key = { vhost: vhost.name, app: address.app, stream };
  opened.rename(stream);
  const bounded = maxViewers < Number.POSITIVE_INFINITY || !deps.events.ignores('on_publish', vhost.name);
  const leave = await acquireSlot(deps, key, maxViewers, bounded);
  return typeof leave === 'number' ? allTaken(leave) : { key, leave };
}

function admitted(
  deps: PlayerDeps,
  opened: Opened,
  vhost: VhostOptions,
  { key, leave }: SlotHolder,
): AdmittedPlayer {
  const limits = grantLimitsFor(deps, deps.events, opened, vhost);
  return {
    ok: true,
    key,
    limits,
    async reportAbsence() {
      if (deps.events.ignores('on_not_found', vhost.name)) return;
      const found = deps.hub.isOnAir(key) || (await deps.claims?.isOnAir(key)) === true;
      if (!found && !deps.isClosed()) opened.emitNotFound();
    },
    end(reason) {
      limits?.end();
      opened.end(reason);
      leave();
    },
  };
}

function refuse(message: string): Outcome {
  return { ok: false, message };
}

function allTaken(viewers: number): string {
  return `the stream has reached its limit of ${viewers} viewers`;
}
