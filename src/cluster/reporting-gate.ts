import type { Gate } from '../model/lifecycle.ts';
import type { LedgerEntry } from './messages.ts';

/**
 * A worker's gate. It asks by itself, and leaves the telling to the primary, whom it lets know of all that it opens: the
 * primary can tell the end of it even if this process cannot. `hooked` says which vhosts have hooks at all.
 */
export function reportingGate(
  gate: Gate,
  hooked: (vhost: string) => boolean,
  epoch: number,
  report: (entry: LedgerEntry) => void,
): Gate {
  return {
    async ask(event, signal) {
      if (!hooked(event.vhost)) return gate.ask(event, signal);
      // Whoever was asked about is closed, also after a refusal.
      if (event.action === 'on_connect') report({ type: 'opened', epoch, event });
      const verdict = await gate.ask(event, signal);
      if (verdict.allowed && event.action !== 'on_connect') report({ type: 'opened', epoch, event });
      return verdict;
    },
    tell(event) {
      if (hooked(event.vhost)) report({ type: 'closed', event });
    },
  };
}
