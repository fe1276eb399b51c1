import type { Clock } from '../model/clock.ts';
import { RequestError } from '../model/control.ts';
import type { Delivery } from '../model/delivery.ts';
import type { EventHead } from './event.ts';
import { GateDeadline } from './gate-deadline.ts';
import type { Call, HookClient } from './hook-client.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/**
 * Sends an event again as it was, with its id and its body, to the same URL, and resolves with what came of it. How that
 * is done (time, keys, headers) is what `hooks` of its vhost say now; so is whether that URL may be called at all.
 * No client feels the answer. Rejects with a RequestError if there is no such URL any more.
 */
export async function replay(
  delivery: Delivery,
  hooks: VhostHooks | undefined,
  attempt: number,
  { hookClient, clock }: { readonly hookClient: HookClient; readonly clock: Clock },
): Promise<Delivery> {
  const { action, url, vhost } = delivery;
  const targets = [...(hooks?.targets.get(action) ?? []), ...[...(hooks?.targets.values() ?? [])].flat()];
  const target = targets.find(({ shown }) => shown === url);
  if (hooks === undefined || target === undefined) {
    throw new RequestError(
      'impossible',
      `The vhost ${vhost} has no URL ${url} any more, so the event is not sent there.`,
    );
  }
  const limit = new GateDeadline(clock, hooks.policy(action).timeoutMs);
  try {
    return await new Promise<Delivery>((resolve, reject) => {
      const call: Call = {
        event: eventOf(delivery),
        hooks,
        target,
        attempt,
        body: delivery.request.body,
        report: resolve,
      };
      hookClient.call(call, limit).catch(reject);
    });
  } finally {
    limit.clear();
  }
}

/** As much of the event as a call needs that has its body already. */
function eventOf({ action, vhost, app, stream, clientId, eventId, at }: Delivery): EventHead {
  const client = { id: clientId, number: 0, ip: '' };
  return { action, client, vhost, app, stream, stamp: { id: eventId, at, seq: 0 } };
}
