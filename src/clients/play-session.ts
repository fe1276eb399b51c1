import type { Address } from '../model/address.ts';
import type { CloseReason } from '../model/events.ts';
import type { VhostOptions } from '../model/options.ts';
import { MASK } from '../model/secret-values.ts';
import { type AdmittedPlayer, admitPlayer } from './admit-player.ts';
import { ClientEvents } from './client-events.ts';
import type { ClientRegistry, Snapshot } from './client-registry.ts';
import { type ClientDescription, type ClientTransport, ConnectedClient } from './connected-client.ts';
import { Refusal } from './refusal.ts';

/** Request of a viewer to watch a stream. */
export interface PlayRequest {
  readonly ip: string;
  /** The configuration by which the address was found. */
  readonly snapshot: Snapshot;
  readonly vhost: VhostOptions;
  readonly address: Address;
  /** URL in hook bodies; SRS has `rtmp://VHOST/APP` for FLV over HTTP. */
  readonly tcUrl: string;
  /** Page that embeds the player; empty if not given. */
  readonly pageUrl: string;
  /** Program of the client, as it names itself; empty if it does not. */
  readonly agent: string;
}

/** Transport that carries media to a viewer. */
export interface PlayTransport extends ClientTransport {
  /** Times that a slow viewer was moved to a later keyframe; undefined where that cannot be. */
  readonly skips?: number | undefined;
  /** Why it should be closed now, if it should; asked once a second. `now` is on the scale of `Clock.awake`. */
  overdue?(now: number): string | undefined;
}

/**
 * A client that does nothing but watch one stream, from its question to its closing event. It has no `on_connect`. Whoever
 * carries it calls `end` when it has gone.
 */
export class PlaySession extends ConnectedClient {
  readonly vhosts: readonly string[];
  protected readonly transport: PlayTransport;
  protected readonly events: ClientEvents;
  readonly #playRequest: PlayRequest;
  #player: AdmittedPlayer | undefined;
  #startedAt: number | undefined;

  constructor(clients: ClientRegistry, playRequest: PlayRequest, transport: PlayTransport) {
    super(clients, playRequest.ip);
    const { tcUrl, pageUrl, vhost, snapshot } = playRequest;
    this.#playRequest = playRequest;
    this.transport = transport;
    this.vhosts = [vhost.name];
    const facts = { client: this.client, tcUrl, pageUrl, flashVer: '', swfUrl: '' };
    this.events = new ClientEvents(snapshot.gate, facts, transport.traffic, clients.clock);
    clients.addClient(this);
  }

  /** Asks whether it may watch. A viewer that was refused has ended; undefined if it has gone meanwhile. */
  async admit(): Promise<AdmittedPlayer | Refusal | undefined> {
    const { address, vhost } = this.#playRequest;
    const outcome = await admitPlayer(this.admissionDeps(this.events), { address, vhost });
    if (this.over || !outcome) return undefined;
    if (outcome instanceof Refusal) {
      this.#logRefusal(outcome);
      this.end('refused');
    } else {
      this.#player = outcome;
    }
    return outcome;
  }

  /** Media flows from now on. */
  started(): void {
    if (!this.#player || this.over) return;
    this.#startedAt = this.clients.clock.now();
    const { protocol } = this.transport;
    this.log.info({ ...this.clients.concealed.shown(this.#player.key), protocol }, 'play started');
    void this.#player.reportAbsence();
  }

  protected describe(): ClientDescription {
    const { address, vhost, agent } = this.#playRequest;
    return {
      role: this.#startedAt === undefined ? 'idle' : 'play',
      vhost: vhost.name,
      app: address.app,
      stream: this.#player?.key.stream ?? '',
      ...this.events.shown,
      agent,
      skips: this.transport.skips ?? 0,
    };
  }

  protected overdue(now: number): string | undefined {
    return this.transport.overdue?.(now);
  }

  protected tickLimits(): void {
    this.#player?.limits?.tick(true);
  }

  protected ended(reason: CloseReason, why: string | undefined): void {
    if (!this.#player) return;
    if (this.#startedAt !== undefined) this.#logEnd(this.#player, this.#startedAt, reason, why);
    this.#player.end(reason);
  }

  #logRefusal({ message }: Refusal): void {
    const { address, vhost } = this.#playRequest;
    const { protocol } = this.transport;
    const named = { ...address, action: 'on_play', clientId: this.client.id } as const;
    const hidden = this.clients.concealed.of(named, false);
    const stream = hidden.includes(address.stream) ? MASK : address.stream;
    this.log.info({ vhost: vhost.name, app: address.app, stream, protocol, why: message }, 'play refused');
  }

  #logEnd({ key }: AdmittedPlayer, startedAt: number, reason: CloseReason, why: string | undefined): void {
    const { protocol, traffic, skips } = this.transport;
    const facts = {
      ...this.clients.concealed.shown(key),
      protocol,
      reason,
      ...(why === undefined ? {} : { why }),
    };
    const counted = {
      seconds: this.seconds(startedAt),
      bytesOut: traffic.bytesOut,
      ...(skips === undefined ? {} : { skips }),
    };
    this.log.info({ ...facts, ...counted }, 'play ended');
  }
}
