import type { Address } from '../model/address.ts';
import type { CloseReason } from '../model/events.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import {
  type AdmissionDeps,
  admit,
  authorize,
  type Destination,
  endIfRefused,
  enterVhost,
  grantedKey,
  type NamedStream,
  requireName,
} from './admission.ts';
import type { AcceptedEvent } from './client-events.ts';
import { type GrantLimits, grantLimitsFor } from './grant-limits.ts';
import { acquireSlot } from './player-slots.ts';
import { type Refusal, streamFull } from './refusal.ts';

/** A player that is let in. */
export interface AdmittedPlayer {
  /** Stream that it plays, under the name that the backend gave. */
  readonly key: StreamKey;
  readonly vhost: VhostOptions;
  /** Limits that were granted; undefined if there are none. To be ticked once a second. */
  readonly limits: GrantLimits | undefined;
  /** Emits `on_not_found` if there is nothing to play; to be called once it plays. */
  reportAbsence(): Promise<void>;
  /** Emits the closing event and gives the slot back; counts once. */
  end(reason: CloseReason): void;
}

/**
 * Lets a player in: all that lies between the name and the first byte. A stream that is known to be full costs its backend
 * no question. Undefined if the client has gone meanwhile.
 */
export function admitPlayer(
  deps: AdmissionDeps,
  wanted: NamedStream | Destination,
): Promise<AdmittedPlayer | Refusal | undefined> {
  return admit(deps, async (step) => {
    const { address, vhost } = await step(enterVhost(deps, wanted));
    await step(requireName(address));
    await step(requireFreeSlot(deps, address));
    const opened = await step(authorize(deps, 'on_play', address), endIfRefused);
    const key = await step(grantedKey(opened, address, vhost));
    opened.rename(key.stream);
    const leave = await step(takeSlot(deps, opened, key), (free) => free());
    const limits = grantLimitsFor(deps, deps.events, opened, vhost);
    return {
      key,
      vhost,
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
  });
}

/** Refuses a player of a stream whose slots are all taken in this process. */
function requireFreeSlot({ slots }: AdmissionDeps, address: Address): Refusal | undefined {
  const full = slots.full(address);
  return full === undefined ? undefined : streamFull(full);
}

/** Takes the player's slot and returns what gives it back. */
async function takeSlot(
  deps: AdmissionDeps,
  { grant }: AcceptedEvent,
  key: StreamKey,
): Promise<(() => void) | Refusal> {
  const { maxViewers = Number.POSITIVE_INFINITY } = grant ?? {};
  const bounded = maxViewers < Number.POSITIVE_INFINITY || !deps.events.ignores('on_publish', key.vhost);
  const leave = await acquireSlot(deps, key, maxViewers, bounded);
  return typeof leave === 'number' ? streamFull(leave) : leave;
}
