import type { Socket } from 'node:net';
import type { ListenAddress } from '../model/options.ts';
import { type Listener, listen } from './listener.ts';

/** What clients speak at an address. */
export type Protocol = 'rtmp' | 'rtmps' | 'http' | 'https';

/** Addresses of one kind, and who takes what they accept: sockets that are paused. */
export interface Entrance {
  readonly protocol: Protocol;
  readonly listen: readonly ListenAddress[];
  readonly take: (socket: Socket) => void;
}

/** An address at which somebody listens, with the port that the operating system chose. */
export interface OpenAddress {
  readonly protocol: Protocol;
  readonly host: string;
  readonly port: number;
}

interface Open {
  readonly listener: Listener;
  entrance: Entrance;
}

/** All listening ports of a process. */
export class Listeners {
  #open: ReadonlyMap<string, Open> = new Map();

  get addresses(): readonly OpenAddress[] {
    return [...this.#open.values()].map(({ listener, entrance }) => {
      return { protocol: entrance.protocol, ...listener.address };
    });
  }

  /**
   * Listens at these addresses and no others. What is open already stays so, under its new owner. Rejects with a
   * sentence, and with everything as it was, if an address cannot be had.
   */
  async change(entrances: readonly Entrance[]): Promise<void> {
    const wanted = new Map<string, { open: Open; entrance: Entrance }>();
    const fresh: Open[] = [];
    try {
      for (const entrance of entrances) {
        for (const where of entrance.listen) {
          const name = nameOf(entrance, where);
          let open = this.#open.get(name);
          if (!open) {
            open = await openAt(where, entrance);
            fresh.push(open);
          }
          wanted.set(name, { open, entrance });
        }
      }
    } catch (error) {
      for (const { listener } of fresh) listener.close();
      throw error;
    }
    for (const [name, { listener }] of this.#open) if (!wanted.has(name)) listener.close();
    for (const { open, entrance } of wanted.values()) open.entrance = entrance;
    this.#open = new Map([...wanted].map(([name, { open }]) => [name, open]));
  }

  /** Accepts nobody any more. */
  close(): void {
    for (const { listener } of this.#open.values()) listener.close();
  }
}

async function openAt(where: ListenAddress, entrance: Entrance): Promise<Open> {
  const owner = { entrance };
  const listener = await listen(where, (socket) => owner.entrance.take(socket));
  return Object.assign(owner, { listener });
}

/** By what a reload knows an address again: a port that the operating system chose, by who wanted one. */
function nameOf({ protocol }: Entrance, { host = '*', port }: ListenAddress): string {
  return port === 0 ? `${protocol} ${host}` : `${host}:${port}`;
}
