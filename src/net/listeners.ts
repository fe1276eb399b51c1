import { isIPv6, type Socket } from 'node:net';
import type { Logger } from '../model/logger.ts';
import type { ListenAddress } from '../model/options.ts';
import type { PreparedChange } from '../model/prepared-change.ts';
import { type Bind, bindsOf, IPV4_ANY, IPV6_ANY } from './binds.ts';
import { isLackOfIpv6, type Listener, listen, showAddress } from './listener.ts';

/** Sockets that wait at a new address until the configuration that has it counts; one more is closed. */
const MAX_EARLY_SOCKETS = 1_024;

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

/** Sockets by what a reload knows them by, and the addresses that they are for. */
interface Ports {
  readonly open: ReadonlyMap<string, Open>;
  readonly addresses: readonly OpenAddress[];
}

/** All listening ports of a process. */
export class Listeners {
  readonly #log: Logger;
  readonly #listen: typeof listen;
  #ports: Ports = { open: new Map(), addresses: [] };
  #closed = false;

  /** `log` is told of addresses that this machine cannot have and can do without. */
  constructor(log: Logger, listenAt: typeof listen = listen) {
    this.#log = log;
    this.#listen = listenAt;
  }

  get addresses(): readonly OpenAddress[] {
    return this.#ports.addresses;
  }

  /**
   * Gets ready to listen at these addresses and no others: what is open already stays so, under its new owner; who comes
   * to a new address before the change is committed waits for that. Rejects with a sentence if an address cannot be had.
   */
  async prepare(entrances: readonly Entrance[]): Promise<PreparedChange> {
    const wanted = new Map<string, { readonly open: Open; readonly entrance: Entrance }>();
    const addresses: OpenAddress[] = [];
    const fresh: Open[] = [];
    const giveBack = () => {
      for (const open of fresh) close(open);
    };
    const all = entrances.flatMap((entrance) => entrance.listen);
    try {
      for (const entrance of entrances) {
        for (const where of entrance.listen) {
          const opened: Open[] = [];
          for (const bind of bindsOf(where, all)) {
            const name = nameOf(entrance, bind);
            const known = this.#ports.open.get(name);
            const open = known ?? (await this.#openAt(bind, where));
            if (!open) continue;
            if (!known) fresh.push(open);
            wanted.set(name, { open, entrance });
            opened.push(open);
          }
          // That of every address, where there are two.
          const last = opened.at(-1);
          if (last) addresses.push({ protocol: entrance.protocol, ...last.listener.address });
        }
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    return {
      commit: () => {
        if (this.#closed) return giveBack();
        for (const [name, open] of this.#ports.open) if (!wanted.has(name)) close(open);
        for (const { open, entrance } of wanted.values()) open.owner.become(entrance);
        this.#ports = { open: new Map([...wanted].map(([name, { open }]) => [name, open])), addresses };
      },
      rollBack: giveBack,
    };
  }

  /** Accepts nobody any more. */
  close(): void {
    this.#closed = true;
    for (const open of this.#ports.open.values()) close(open);
  }

  /** Undefined if it is of IPv6, which the machine lacks and can do without. */
  async #openAt(bind: Bind, where: ListenAddress): Promise<Open | undefined> {
    const owner = new Owner();
    try {
      return { owner, listener: await this.#listen(bind, (socket) => owner.take(socket)) };
    } catch (error) {
      if (bind.isOptional && isLackOfIpv6(error)) {
        if (where.host !== undefined)
          this.#log.warn({ host: where.host, port: where.port }, 'IPv6 address skipped, no IPv6 here');
        return undefined;
      }
      const own = [...this.#ports.open.values()].find(({ listener }) => bars(listener.address, bind));
      if (!own) throw error;
      throw new Error(
        `cannot exchange ${showAddress(own.listener.address)} for ${showAddress(bind)} while the server runs: start it again`,
        { cause: error },
      );
    }
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

function close({ listener, owner }: Open): void {
  listener.close();
  owner.dismiss();
}

/** Whether an address that is ours keeps us from having another one. */
function bars(own: Listener['address'], { host, port }: Bind): boolean {
  if (host === undefined || own.port !== port || isIPv6(own.host) !== isIPv6(host)) return false;
  return [own.host, host].some((one) => one === IPV4_ANY || one === IPV6_ANY);
}

/** By what a reload knows a socket again: one at a port that the operating system chose, by who wanted one. */
function nameOf({ protocol }: Entrance, { host = '*', port }: Bind): string {
  return port === 0 ? `${protocol} ${host}` : `${host}:${port}`;
}
