import type { Lobby } from '../clients/client-registry.ts';
import type { Clock, Timer } from '../model/clock.ts';
import type { Action } from '../model/events.ts';
import {
  type Census,
  type CensusClient,
  type CensusOffice,
  type CensusQuestion,
  type CensusStream,
  type ClientCount,
  type ClientFilter,
  clientMatcher,
  type GuestFacts,
  type ProcessFacts,
} from '../model/stats.ts';
import { formatStreamKey, type StreamKey, streamId } from '../model/stream-key.ts';
import type { Hub, StreamFacts } from '../streams/hub.ts';
import { describeMedia, type MediaFacts } from './describe-media.ts';
import { FrameWatch } from './frame-watch.ts';
import { MAX_FRAME_WATCHES } from './limits.ts';
import { ProcessMeter } from './process-meter.ts';
import { type Counted, RateMeter, SAMPLE_MS } from './rate-meter.ts';

/** Where a census is taken. */
export interface Place {
  /** Number of the worker; 0 is a server of one process. */
  readonly worker: number;
  readonly hub: Hub;
  readonly lobby: Lobby;
  readonly clock: Clock;
  /** Files that are being written of a stream. */
  readonly recordings: (key: StreamKey) => readonly string[];
  /** Questions that were answered with no so far. */
  readonly refusals: () => Readonly<Partial<Record<Action, number>>>;
}

const KICKED = 'An operator has closed the connection.';

/** Looks at who is in this process whenever somebody asks, and at everybody's bytes every few seconds. */
export class CensusTaker implements CensusOffice {
  readonly #place: Place;
  readonly #meter = new ProcessMeter();
  readonly #clientRates = new RateMeter();
  readonly #streamRates = new RateMeter();
  /** What was read of a publish's codecs, by the packets that it was read of. */
  readonly #media = new WeakMap<object, { readonly packets: number; readonly facts: MediaFacts }>();
  readonly #watches = new Map<string, FrameWatch>();
  /** Unix time at the clock's 0, so that what happened once stays where it was. */
  readonly #epoch: number;
  #timer: Timer;

  constructor(place: Place) {
    this.#place = place;
    this.#epoch = Date.now() - place.clock.now();
    this.#timer = this.#schedule();
  }

  take(question: CensusQuestion): Promise<Census> {
    const now = this.#place.clock.now();
    const guests = this.#place.lobby.facts();
    const { clients, matching } = this.#clients(now, guests, question);
    return Promise.resolve({
      processes: [this.#process(guests)],
      streams: this.#streams(now, guests),
      clients,
      matching,
      frames: this.#frames(question),
    });
  }

  kick(filter: ClientFilter): Promise<number> {
    return Promise.resolve(this.#place.lobby.kick(filter, KICKED));
  }

  close(): void {
    this.#timer.clear();
    this.#meter.close();
    for (const watch of [...this.#watches.values()]) watch.close();
  }

  #clients(now: number, guests: readonly GuestFacts[], { clients }: CensusQuestion) {
    if (!clients) return { clients: [], matching: 0 };
    const { start, count, ...filter } = clients;
    const meant = guests.filter(clientMatcher(filter));
    const listed = meant
      .toSorted((a, b) => a.client.number - b.client.number)
      // All from the first: what is before them may be in another process.
      .slice(0, start + count)
      .map(
        (guest): CensusClient => ({
          ...guest,
          ...this.#clientRates.rates(now, countedClient(guest)),
          connectedAt: this.#date(now - guest.ageMs),
        }),
      );
    return { clients: listed, matching: meant.length };
  }

  #streams(now: number, guests: readonly GuestFacts[]): CensusStream[] {
    const players = new Map<string, number>();
    const tcUrls = new Map<string, string>();
    for (const guest of guests) {
      if (guest.role === 'publish') tcUrls.set(guest.client.id, guest.tcUrl);
      if (guest.role !== 'play') continue;
      const name = formatStreamKey(guest);
      players.set(name, (players.get(name) ?? 0) + 1);
    }
    const { hub, recordings } = this.#place;
    return hub.facts().map((facts) => {
      const { key, origin, packets, frames, recvBytes, sendBytes, skips, fps, gopMs } = facts;
      const { video, audio } = this.#describe(facts);
      const { client } = origin?.facts ?? {};
      return {
        key,
        publisher: client && {
          clientId: client.id,
          tcUrl: tcUrls.get(client.id) ?? '',
          startedAt: this.#date(now - facts.ageMs),
        },
        players: players.get(formatStreamKey(key)) ?? 0,
        recvBytes,
        packets,
        frames,
        sendBytes,
        skips,
        ...this.#streamRates.rates(now, countedStream(facts)),
        video: video && { ...video, fps: Math.round(fps * 100) / 100, gopMs },
        audio,
        recordings: recordings(key),
      };
    });
  }

  /** Reads decoder configurations again only when there are others. */
  #describe({ signature }: StreamFacts): MediaFacts {
    const last = signature.findLast(({ headerSlot }) => headerSlot !== undefined);
    const known = last && this.#media.get(last);
    if (known?.packets === signature.length) return known.facts;
    const facts = describeMedia(signature);
    if (last) this.#media.set(last, { packets: signature.length, facts });
    return facts;
  }

  #frames({ frames }: CensusQuestion): Census['frames'] {
    if (!frames) return undefined;
    const { stream, after } = frames;
    const watch = this.#watches.get(stream) ?? this.#watch(stream);
    return watch?.take(after);
  }

  #watch(stream: string): FrameWatch | undefined {
    const { hub, clock } = this.#place;
    const source = hub.sources().find(({ key }) => streamId(key) === stream);
    if (!source || this.#watches.size >= MAX_FRAME_WATCHES) return undefined;
    const watch = new FrameWatch(source, clock, () => this.#watches.delete(stream));
    this.#watches.set(stream, watch);
    return watch;
  }

  /** Unix time of a moment on the clock's scale. */
  #date(moment: number): number {
    return Math.round(this.#epoch + moment);
  }

  #process(guests: readonly GuestFacts[]): ProcessFacts {
    const { worker, lobby, hub, refusals } = this.#place;
    const { rss, heapUsed } = process.memoryUsage();
    const { clients, turnedAway, recvBytes, sendBytes } = lobby.totals;
    const sum = (field: 'recvBytes' | 'sendBytes') => guests.reduce((all, guest) => all + guest[field], 0);
    return {
      worker,
      pid: process.pid,
      connections: lobby.connections,
      kinds: countKinds(guests),
      ...this.#meter.load,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      totals: {
        clients,
        turnedAway,
        recvBytes: recvBytes + sum('recvBytes'),
        sendBytes: sendBytes + sum('sendBytes'),
        skips: hub.skips,
        refusals: refusals(),
      },
    };
  }

  #schedule(): Timer {
    const { clock, lobby, hub } = this.#place;
    return clock.after(SAMPLE_MS, () => {
      const now = clock.now();
      this.#meter.sample();
      this.#clientRates.sample(now, lobby.facts().map(countedClient));
      this.#streamRates.sample(now, hub.facts().map(countedStream));
      this.#timer = this.#schedule();
    });
  }
}

function countKinds(guests: readonly GuestFacts[]): ClientCount[] {
  const counts = new Map<string, ClientCount>();
  for (const { protocol, role } of guests) {
    const name = `${protocol} ${role}`;
    counts.set(name, { protocol, role, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function countedClient({ client, ageMs, recvBytes, sendBytes }: GuestFacts): Counted {
  return { name: client.id, ageMs, recvBytes, sendBytes };
}

/** The name has the publisher in it: each publish counts from 0. */
function countedStream({ key, origin, ageMs, recvBytes, sendBytes }: StreamFacts): Counted {
  const opening = origin ? `${origin.facts.client.id}/${origin.facts.opening}` : '';
  return { name: `${formatStreamKey(key)}/${opening}`, ageMs, recvBytes, sendBytes };
}
