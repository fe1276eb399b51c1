import type { Socket } from 'node:net';
import type { ListenAddress } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { MAX_EARLY_SOCKETS } from './limits.ts';
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
  readonly owner: Owner;
}

/** All listening ports of a process. */
export class Listeners {
  #open: ReadonlyMap<string, { readonly open: Open; readonly protocol: Protocol }> = new Map();
  #closed = false;

  get addresses(): readonly OpenAddress[] {
    return [...this.#open.values()].map(({ open, protocol }) => ({ protocol, ...open.listener.address }));
  }

  /**
   * Gets ready to listen at these addresses and no others: what is open already stays so, under its new owner; who comes
   * to a new address before the change is committed waits for that. Rejects with a sentence if an address cannot be had.
   */
  async prepare(entrances: readonly Entrance[]): Promise<PreparedChange> {
    const wanted = new Map<string, { open: Open; entrance: Entrance }>();
    const fresh: Open[] = [];
    const giveBack = () => {
      for (const open of fresh) close(open);
    };
    try {
      for (const entrance of entrances) {
        for (const where of entrance.listen) {
          const name = nameOf(entrance, where);
          let open = this.#open.get(name)?.open;
          if (!open) {
            open = await openAt(where);
            fresh.push(open);
          }
          wanted.set(name, { open, entrance });
        }
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    return {
      commit: () => {
        if (this.#closed) return giveBack();
        for (const [name, { open }] of this.#open) if (!wanted.has(name)) close(open);
        for (const { open, entrance } of wanted.values()) open.owner.become(entrance);
        this.#open = new Map(
          [...wanted].map(([name, { open, entrance }]) => [name, { open, protocol: entrance.protocol }]),
        );
      },
      rollBack: giveBack,
    };
  }

  /** Accepts nobody any more. */
  close(): void {
    this.#closed = true;
    for (const { open } of this.#open.values()) close(open);
  }
}

/** Who takes the sockets of a listener: nobody at first, so those that come wait. */
class Owner {
  #entrance: Entrance | undefined;
  #waiting: Socket[] = [];

  take(socket: Socket): void {
    if (this.#entrance) this.#entrance.take(socket);
    else if (this.#waiting.length < MAX_EARLY_SOCKETS) this.#waiting.push(socket.on('error', ignore));
    else socket.destroy();
  }

  become(entrance: Entrance): void {
    this.#entrance = entrance;
    for (const socket of this.#waiting.splice(0)) entrance.take(socket.off('error', ignore));
  }

  /** Destroys the sockets that wait. */
  dismiss(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }
}

function ignore(): void {
  // A socket that is destroyed says so to whoever takes it.
}

async function openAt(where: ListenAddress): Promise<Open> {
  const owner = new Owner();
  return { owner, listener: await listen(where, (socket) => owner.take(socket)) };
}

function close({ listener, owner }: Open): void {
  listener.close();
  owner.dismiss();
}

/** By what a reload knows an address again: a port that the operating system chose, by who wanted one. */
function nameOf({ protocol }: Entrance, { host = '*', port }: ListenAddress): string {
  return port === 0 ? `${protocol} ${host}` : `${host}:${port}`;
}
