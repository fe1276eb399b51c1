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
      const { action } = event;
      if (!hooked(event.vhost) || action === 'on_update' || action === 'on_publish_busy')
        return gate.ask(event, signal);
      const opened = { type: 'opened', epoch, event: { ...event, action } } as const;
      // Whoever was asked about is closed, also after a refusal.
      if (action === 'on_connect') report(opened);
      const verdict = await gate.ask(event, signal);
      if (verdict.allowed && action !== 'on_connect') {
        const stream = verdict.grant?.stream ?? event.stream;
        report({ ...opened, event: { ...opened.event, stream } });
      }
      return verdict;
    },
    tell(event) {
      if (hooked(event.vhost) && 'reason' in event) report({ type: 'closed', event });
    },
    asks: (action, vhost) => gate.asks(action, vhost),
  };
}
