import { Refusal } from '../clients/refusal.ts';
import type { Player } from './player.ts';
import type { Publisher } from './publisher.ts';

/** Message streams that one connection may create. */
export const MAX_MESSAGE_STREAMS = 8;

/** Use of a message stream. */
export type Role = Publisher | Player;

/** The message streams of one connection (RTMP 7.2.1.3) and their roles. */
export class MessageStreams {
  readonly #roles = new Map<number, Role | undefined>();

  get roles(): readonly Role[] {
    return [...this.#roles.values()].filter((role) => role !== undefined);
  }

  /** Milliseconds for which nothing is needed of the client: it publishes, and nothing else, what can wait so long. */
  get idleBudgetMs(): number {
    let idleBudgetMs: number | undefined;
    for (const role of this.#roles.values()) {
      if (role?.role === 'playing') return 0;
      if (role) idleBudgetMs = Math.min(idleBudgetMs ?? role.idleBudgetMs, role.idleBudgetMs);
    }
    return idleBudgetMs ?? 0;
  }

  /** Takes the lowest free id, from 1 on; undefined when the connection has all it may have. */
  create(): number | undefined {
    for (let id = 1; id <= MAX_MESSAGE_STREAMS; id++) {
      if (this.#roles.has(id)) continue;
      this.#roles.set(id, undefined);
      return id;
    }
    return undefined;
  }

  /**
   * Reason why nothing can begin at this id, if there is one; a `replaceable` role may be there. Clients that guess an id instead of
   * awaiting createStream's answer are let.
   */
  whyUnusable(id: number, replaceable?: Role['role']): Refusal | undefined {
    const exists = this.#roles.has(id) || (id >= 1 && id <= MAX_MESSAGE_STREAMS);
    if (!exists) return new Refusal('invalid', `message stream ${id} does not exist`);
    const there = this.get(id)?.role;
    if (there === undefined || there === replaceable) return undefined;
    return new Refusal('busy', `message stream ${id} is already ${there}`);
  }

  get(id: number): Role | undefined {
    return this.#roles.get(id);
  }

  /**
   * Publisher that the media of message stream `id` is for. Some senders put theirs on stream 0 (node-media-server's push does), and
   * SRS and nginx-rtmp never look: such media belongs to the connection's publisher if it has no other role.
   */
  publisherAt(id: number): Publisher | undefined {
    const role = id === 0 ? this.#onlyRole : this.#roles.get(id);
    return role?.role === 'publishing' ? role : undefined;
  }

  assign(id: number, role: Role): void {
    this.#roles.set(id, role);
  }

  /** Takes the role from a message stream, which stays usable, and returns it. */
  clear(id: number): Role | undefined {
    const role = this.#roles.get(id);
    if (role) this.#roles.set(id, undefined);
    return role;
  }

  /** Frees the id and returns the role that it had. */
  delete(id: number): Role | undefined {
    const role = this.#roles.get(id);
    this.#roles.delete(id);
    return role;
  }

  /** The id at which the client publishes what it called so; undefined if there is none. */
  publishedAs(name: string): number | undefined {
    for (const [id, role] of this.#roles) {
      if (role?.role === 'publishing' && role.asked === name) return id;
    }
    return undefined;
  }

  get #onlyRole(): Role | undefined {
    const [only, another] = this.roles;
    return another === undefined ? only : undefined;
  }
}
