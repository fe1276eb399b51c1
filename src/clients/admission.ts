import { type Address, isStreamName, resolveAddress } from '../model/address.ts';
import type { VhostOptions } from '../model/options.ts';
import type { StreamKey } from '../model/stream-key.ts';
import type { AcceptedEvent, ClientEvents } from './client-events.ts';
import type { Snapshot } from './client-registry.ts';
import type { LimitedClient } from './grant-limits.ts';
import {
  denied,
  MAX_VHOSTS_PER_CONNECTION,
  MISNAMED,
  Refusal,
  TOO_MANY_VHOSTS,
  UNNAMED,
  unresolved,
} from './refusal.ts';
import type { ReservationDeps } from './reservation.ts';

/** State that admission needs of a client of any protocol. */
export interface AdmissionDeps extends ReservationDeps, LimitedClient {
  readonly events: ClientEvents;
  /** True once the client has gone. */
  isClosed(): boolean;
}

/** A stream as a client named it: only the name tells the vhost, whose `on_connect` may have to be asked yet. */
export interface NamedStream {
  readonly snapshot: Snapshot;
  readonly tcUrl: string;
  readonly app: string;
  readonly cutsQueries: boolean;
  readonly streamName: string;
}

/** A stream in a vhost that has let the client in. */
export interface Destination {
  readonly address: Address;
  readonly vhost: VhostOptions;
}

/**
 * Takes a step of an admission, which ends with it if it is a refusal or if the client has gone meanwhile. `giveBack` is
 * called if the admission ends later without success: `refused` is false if that is because the client has gone.
 */
export type Step = <T>(
  step: T | Refusal | Promise<T | Refusal>,
  giveBack?: (result: T, refused: boolean) => void,
) => Promise<T>;

/** End of an admission by one of its steps; undefined if the client has gone. */
class Stopped extends Error {
  readonly refusal: Refusal | undefined;

  constructor(refusal: Refusal | undefined) {
    super(refusal?.message);
    this.refusal = refusal;
  }
}

/**
 * Takes a client through the steps of an admission. Resolves with what they return, with the refusal of one of them, or
 * with undefined if the client has gone. What the steps took is given back unless all of them succeed.
 */
export async function admit<T>(
  { isClosed }: Pick<AdmissionDeps, 'isClosed'>,
  steps: (step: Step) => Promise<T>,
): Promise<T | Refusal | undefined> {
  const taken: ((refused: boolean) => void)[] = [];
  try {
    return await steps(async (step, giveBack) => {
      const result = await step;
      if (!(result instanceof Refusal) && giveBack) taken.push((refused) => giveBack(result, refused));
      if (isClosed()) throw new Stopped(undefined);
      if (result instanceof Refusal) throw new Stopped(result);
      return result;
    });
  } catch (error) {
    const refusal = error instanceof Stopped ? error.refusal : undefined;
    for (const giveBack of taken) giveBack(refusal !== undefined);
    if (error instanceof Stopped) return refusal;
    throw error;
  }
}

/**
 * Finds out where a stream name leads and asks that vhost's `on_connect`, if it has not been asked: the name may lead
 * to another vhost than `connect` did, and under the srs5 schema the question waits for the name.
 */
export async function enterVhost(
  { events }: AdmissionDeps,
  wanted: NamedStream | Destination,
): Promise<Destination | Refusal> {
  if ('address' in wanted) return wanted;
  const { vhosts, strictVhost } = wanted.snapshot;
  const resolution = resolveAddress(wanted, vhosts, strictVhost);
  if (!resolution.ok) return unresolved(resolution);
  const { address } = resolution;
  const vhost = vhosts.get(address.vhost);
  if (!vhost) throw new Error(`resolveAddress chose the vhost ${address.vhost}, which does not exist`);
  const visited = events.vhosts;
  if (!visited.includes(vhost.name) && visited.length >= MAX_VHOSTS_PER_CONNECTION) return TOO_MANY_VHOSTS;
  return (await askToConnect(events, address)) ?? { address, vhost };
}

/** Asks a vhost's `on_connect`, unless this client has been let in already. */
export async function askToConnect(events: ClientEvents, address: Address): Promise<Refusal | undefined> {
  const verdict = await events.connect(address);
  return verdict.allowed ? undefined : denied(verdict);
}

/** Refuses a stream without a name. */
export function requireName({ stream }: Address): Refusal | undefined {
  return stream === '' ? UNNAMED : undefined;
}

/** Asks to publish or to play. */
export async function authorize(
  { events }: AdmissionDeps,
  action: 'on_publish' | 'on_play',
  address: Address,
): Promise<AcceptedEvent | Refusal> {
  const opened = await events.open(action, address);
  return opened.allowed ? opened : denied(opened);
}

/** Ends an accepted event whose client is refused all the same; `ClientEvents.close` ends those of a client that has gone. */
export function endIfRefused(opened: AcceptedEvent, refused: boolean): void {
  if (refused) opened.end('refused');
}

/** The stream under the name that the backend gave it, or else the client. */
export function grantedKey(
  { grant }: AcceptedEvent,
  { app, stream: asked }: Address,
  vhost: VhostOptions,
): StreamKey | Refusal {
  const stream = grant?.stream ?? asked;
  if (stream !== asked && !isStreamName(stream)) return MISNAMED;
  return { vhost: vhost.name, app, stream };
}
