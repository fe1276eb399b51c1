import type { Address } from '../model/address.ts';
import type { CloseReason } from '../model/events.ts';
import type { PublishEnd } from '../model/media.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { Publication, PublisherHandle } from '../streams/hub.ts';
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
import { type GrantLimits, grantLimitsFor } from './grant-limits.ts';
import { type Refusal, STREAM_BUSY } from './refusal.ts';
import { type Reservation, reserve } from './reservation.ts';

/** A publisher that is let in. */
export interface AdmittedPublisher {
  /** Stream under the name that the backend gave. */
  readonly key: StreamKey;
  /** The stream's name as the client gave it. */
  readonly asked: string;
  readonly vhost: VhostOptions;
  /** Limits that were granted; undefined if there are none. To be ticked once a second. */
  readonly limits: GrantLimits | undefined;
  /** Goes on air. `holder` says who publishes; its `leave` has to call `end` before it returns. */
  goLive(holder: PublisherHandle): Publication;
  /** Frees the name and emits the closing event; counts once. */
  end(reason: CloseReason, how?: PublishEnd): void;
}

/**
 * Lets a publisher in. The name is reserved before its backend is asked, so that of two publishers only one is ever asked
 * about. Undefined if the client has gone meanwhile.
 */
export function admitPublisher(
  deps: AdmissionDeps,
  wanted: NamedStream | Destination,
): Promise<AdmittedPublisher | Refusal | undefined> {
  return admit(deps, async (step) => {
    const { address, vhost } = await step(enterVhost(deps, wanted));
    await step(requireName(address));
    const asked = await step(reserveOrTakeOver(deps, address, vhost), (reservation) => reservation.end());
    const opened = await step(authorize(deps, 'on_publish', address), endIfRefused);
    const key = await step(grantedKey(opened, address, vhost));
    const reservation = await step(reserveGranted(deps, asked, address, key, vhost), (named) => named.end());
    opened.rename(key.stream);
    const limits = grantLimitsFor(deps, deps.events, opened, vhost);
    return {
      key,
      asked: address.stream,
      vhost,
      limits,
      goLive(holder) {
        reservation.start({ facts: opened.facts, grant: opened.grant, vhost });
        reservation.setOwner(holder);
        return reservation.publication;
      },
      end(reason, how) {
        limits?.end();
        reservation.end(how);
        opened.end(reason);
      },
    };
  });
}

/** Reserves the stream; if it has a publisher, the backend may say that this one has to go. */
async function reserveOrTakeOver(
  deps: AdmissionDeps,
  address: Address,
  vhost: VhostOptions,
): Promise<Reservation | Refusal> {
  const free = await reserve(deps, address, vhost.play);
  if (free) return free;
  if (deps.events.ignores('on_publish_busy', vhost.name)) return STREAM_BUSY;
  const verdict = await deps.events.askBusy(address);
  if (!verdict.allowed || !verdict.grant?.takeover || deps.isClosed()) return STREAM_BUSY;
  return (await reserve(deps, address, vhost.play, true)) ?? STREAM_BUSY;
}

/**
 * Reserves the name that the backend gave beside the one that was asked for, which stays taken as long: a second client
 * with the same key is refused before anybody is asked.
 */
async function reserveGranted(
  deps: AdmissionDeps,
  asked: Reservation,
  address: Address,
  key: StreamKey,
  vhost: VhostOptions,
): Promise<Reservation | Refusal> {
  if (key.stream === address.stream) return asked;
  const named = await reserve(deps, key, vhost.play);
  return named?.beside(asked) ?? STREAM_BUSY;
}
