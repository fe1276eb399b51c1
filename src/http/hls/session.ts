import { randomBytes } from 'node:crypto';
import type { AdmittedPlayer } from '../../clients/admit-player.ts';
import type { Traffic } from '../../clients/client-events.ts';
import type { ClientRegistry } from '../../clients/client-registry.ts';
import { type PlayRequest, PlaySession, type PlayTransport } from '../../clients/play-session.ts';
import type { CloseReason } from '../../model/events.ts';

/** A new viewer has this long to ask for something by its id, in milliseconds; who does not is no viewer. */
const NEW_SESSION_MS = 10_000;

/** Bytes of randomness in the id of a session. */
const ID_BYTES = 16;

/** How a session ended. */
export interface SessionEnd {
  readonly why: string;
  /** True if the viewer was shown out: who comes back with its id is not asked about again. */
  readonly shownOut: boolean;
}

/** Who watches one stream by asking for its files: what a connection is for players of other protocols. */
export class HlsSession implements PlayTransport {
  readonly protocol = 'hls';
  readonly backlog = 0;
  /** The id in its URLs, which is all that it takes to be this viewer. */
  readonly ctx: string;
  readonly playRequest: PlayRequest;
  readonly viewer: PlaySession;
  readonly #bytes = { bytesIn: 0, bytesOut: 0 };
  readonly #clock: ClientRegistry['clock'];
  readonly #onOver: (end: SessionEnd) => void;
  readonly #idleMs: number;
  #player: AdmittedPlayer | undefined;
  #lastAt: number;
  /** True once something was asked for by its id. */
  #used = false;
  #over = false;

  /** `prefix` is what the id begins with. `onOver` hears, once, that it has ended. */
  constructor(
    clients: ClientRegistry,
    playRequest: PlayRequest,
    prefix: string,
    onOver: (end: SessionEnd) => void,
  ) {
    this.ctx = prefix + randomBytes(ID_BYTES).toString('base64url');
    this.playRequest = playRequest;
    this.#clock = clients.clock;
    this.#lastAt = clients.clock.awake();
    this.#onOver = onOver;
    // As long as SRS waits.
    this.#idleMs = 2 * playRequest.vhost.hls.windowMs;
    this.viewer = new PlaySession(clients, playRequest, this);
    void this.viewer.settled.then(() => this.#end('it was ended', false));
  }

  get traffic(): Traffic {
    return this.#bytes;
  }

  /** What it watches; undefined until it has been let in. */
  get player(): AdmittedPlayer | undefined {
    return this.#player;
  }

  /** False once it has ended. */
  get open(): boolean {
    return !this.#over;
  }

  /** It was let in. */
  admitted(player: AdmittedPlayer): void {
    this.#player = player;
    this.#lastAt = this.#clock.awake();
    this.viewer.started();
  }

  /** It has asked for something by its id, and got so many bytes. */
  served(bytes: number): void {
    this.#used = true;
    this.#lastAt = this.#clock.awake();
    this.#bytes.bytesOut += bytes;
  }

  /** Never kicked for silence: that is how viewers of HLS leave. */
  overdue(now: number): undefined {
    if (this.#player && now - this.#lastAt > (this.#used ? this.#idleMs : NEW_SESSION_MS)) this.leave();
  }

  /** It has gone. */
  leave(): void {
    this.#end('nothing was asked for by it for too long', false);
    this.viewer.end('client');
  }

  close(reason: CloseReason, why: string): void {
    this.#end(why, reason !== 'shutdown');
  }

  #end(why: string, shownOut: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#onOver({ why, shownOut });
  }
}
