import type { ClientRegistry } from '../../clients/client-registry.ts';
import type { Timer } from '../../model/clock.ts';
import { formatStreamKey, type StreamKey } from '../../model/stream-key.ts';

interface Presence {
  readonly leave: () => void;
  timer: Timer;
}

/**
 * Viewers whose sessions are in other processes and who watch a stream of this one: together they are one player, so that
 * the stream does not pass for one that nobody watches.
 */
export class RemoteViewers {
  readonly #clients: Pick<ClientRegistry, 'slots' | 'clock'>;
  readonly #present = new Map<string, Presence>();

  constructor(clients: Pick<ClientRegistry, 'slots' | 'clock'>) {
    this.#clients = clients;
  }

  /** One of them has asked for something, and is here for as many milliseconds. */
  seen(key: StreamKey, ms: number): void {
    const name = formatStreamKey(key);
    const { slots, clock } = this.#clients;
    const known = this.#present.get(name);
    known?.timer.clear();
    const leave = known?.leave ?? slots.take(key);
    if (typeof leave === 'number') return;
    const timer = clock.after(ms, () => {
      this.#present.delete(name);
      leave();
    });
    this.#present.set(name, { leave, timer });
  }
}
