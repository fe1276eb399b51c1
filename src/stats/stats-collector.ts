import type { ClientRegistry } from '../clients/client-registry.ts';
import type { Clock, Timer } from '../model/clock.ts';
import type { ConcealedNames } from '../model/concealed-names.ts';
import type { Action } from '../model/events.ts';
import type { MediaSource } from '../model/media.ts';
import { MASK } from '../model/secret-values.ts';
import {
  type ClientCount,
  type ClientFilter,
  type ClientInfo,
  type ClientStats,
  clientMatcher,
  type FrameMark,
  type ProcessFacts,
  type ServerStats,
  type StatsQuery,
  type StatsSource,
  type StreamStats,
} from '../model/stats.ts';
import { formatStreamKey, type StreamKey, streamId } from '../model/stream-key.ts';
import type { Hub, StreamFacts } from '../streams/hub.ts';
import { describeMedia, type MediaFacts } from './describe-media.ts';
import { type Counted, ProcessMeter, RateMeter, SAMPLE_MS } from './meters.ts';

/** Streams whose packets are noted at the same time. */
const MAX_FRAME_WATCHES = 16;

/** Sources of the stats of a process. */
export interface Place {
  /** Number of the worker; 0 is a server of one process. */
  readonly worker: number;
  readonly hub: Hub;
  readonly clients: ClientRegistry;
  readonly clock: Clock;
  /** Files that are being written of a stream. */
  readonly recordings: (key: StreamKey) => readonly string[];
  /** Questions that were answered with no so far. */
  readonly refusals: () => Readonly<Partial<Record<Action, number>>>;
}

const KICKED = 'Closed by an operator.';

/** Looks at who is in this process whenever somebody asks, and at everybody's bytes every few seconds. */
export class StatsCollector implements StatsSource {
  readonly #place: Place;
  readonly #meter = new ProcessMeter();
  readonly #clientRates = new RateMeter();
  readonly #streamRates = new RateMeter();
  /** Facts of a publish's codecs, by the packets from which they were read. */
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

  collectStats(question: StatsQuery): Promise<ServerStats> {
    const now = this.#place.clock.now();
    const handles = this.#place.clients.clientInfos();
    const { clients, matching } = this.#clients(now, handles, question);
    return Promise.resolve({
      processes: [this.#process(handles)],
      streams: this.#streams(now, handles),
      clients,
      matching,
      frames: this.#frames(question),
    });
  }

  kick(filter: ClientFilter): Promise<number> {
    return Promise.resolve(this.#place.clients.kick(filter, KICKED));
  }

  close(): void {
    this.#timer.clear();
    this.#meter.close();
    for (const watch of [...this.#watches.values()]) watch.close();
  }

  #clients(now: number, handles: readonly ClientInfo[], { clients }: StatsQuery) {
    if (!clients) return { clients: [], matching: 0 };
    const { start, count, ...filter } = clients;
    const meant = handles.filter(clientMatcher(filter));
    const listed = meant
      .toSorted((a, b) => a.client.number - b.client.number)
      // All from the first: what is before them may be in another process.
      .slice(0, start + count)
      .map(
        (client): ClientStats => ({
          ...client,
          ...this.#clientRates.rates(now, countedClient(client)),
          connectedAt: this.#date(now - client.ageMs),
        }),
      );
    return { clients: listed, matching: meant.length };
  }

  #streams(now: number, handles: readonly ClientInfo[]): StreamStats[] {
    const players = new Map<string, number>();
    const tcUrls = new Map<string, string>();
    for (const client of handles) {
      if (client.role === 'publish') tcUrls.set(client.client.id, client.tcUrl);
      if (client.role !== 'play') continue;
      const name = formatStreamKey(client);
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

  #frames({ frames }: StatsQuery): ServerStats['frames'] {
    if (!frames) return undefined;
    const { stream, after } = frames;
    const watch = this.#watches.get(stream) ?? this.#watch(stream);
    return watch?.marksAfter(after);
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

  #process(handles: readonly ClientInfo[]): ProcessFacts {
    const { worker, clients: registry, hub, refusals } = this.#place;
    const { rss, heapUsed } = process.memoryUsage();
    const { clients, turnedAway, recvBytes, sendBytes } = registry.totals;
    const sum = (field: 'recvBytes' | 'sendBytes') => handles.reduce((all, client) => all + client[field], 0);
    return {
      worker,
      pid: process.pid,
      connections: registry.connections,
      kinds: countKinds(handles),
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
    const { clock, clients, hub } = this.#place;
    return clock.after(SAMPLE_MS, () => {
      const now = clock.now();
      this.#meter.sample();
      this.#clientRates.sample(now, clients.clientInfos().map(countedClient));
      this.#streamRates.sample(now, hub.facts().map(countedStream));
      this.#timer = this.#schedule();
    });
  }
}

function countKinds(handles: readonly ClientInfo[]): ClientCount[] {
  const counts = new Map<string, ClientCount>();
  for (const { protocol, role } of handles) {
    const name = `${protocol} ${role}`;
    counts.set(name, { protocol, role, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function countedClient({ client, ageMs, recvBytes, sendBytes }: ClientInfo): Counted {
  return { name: client.id, ageMs, recvBytes, sendBytes };
}

/** The name has the publisher in it: each publish counts from 0. */
function countedStream({ key, origin, ageMs, recvBytes, sendBytes }: StreamFacts): Counted {
  const opening = origin ? `${origin.facts.client.id}/${origin.facts.opening}` : '';
  return { name: `${formatStreamKey(key)}/${opening}`, ageMs, recvBytes, sendBytes };
}

/** Time after which nobody is taken to look at a stream's plots any more. */
export const FRAME_WATCH_TIMEOUT_MS = 10_000;

/** Packets that are noted of a stream whose plots somebody looks at; a reader who is further behind misses the oldest. */
export const MAX_FRAME_MARKS = 4_000;

/** Notes the packets of one publish for as long as somebody asks for them. */
class FrameWatch {
  readonly source: MediaSource;
  readonly #clock: Clock;
  readonly #untap: () => void;
  readonly #ended: () => void;
  #marks: FrameMark[] = [];
  /** Number of the newest mark; the first is 1. */
  #last = 0;
  #timer: Timer | undefined;

  /** `ended` is called when nobody has asked for a while, or the publisher has left. */
  constructor(source: MediaSource, clock: Clock, ended: () => void) {
    this.source = source;
    this.#clock = clock;
    this.#ended = ended;
    this.#wait();
    this.#untap = source.tap({
      write: ({ timestamp, kind, payload, keyframe, headerSlot }) => {
        // A decoder configuration is no frame, and a tap begins with those that are as old as the stream.
        if (headerSlot !== undefined) return;
        this.#last += 1;
        this.#marks.push({ t: timestamp, kind, bytes: payload.length, keyframe });
        // Half of them at a time, since cutting off costs as much as copying what stays.
        if (this.#marks.length > 2 * MAX_FRAME_MARKS) this.#marks = this.#marks.slice(-MAX_FRAME_MARKS);
      },
      end: () => this.#finish(),
    });
  }

  /** Packets after the one that `after` names, those that are still known. */
  marksAfter(after: number): NonNullable<ServerStats['frames']> {
    this.#wait();
    // A number that is not of this publish asks for all.
    const count = after > this.#last ? this.#last : this.#last - after;
    const marks = count === 0 ? [] : this.#marks.slice(-Math.min(count, MAX_FRAME_MARKS));
    return { last: this.#last, marks };
  }

  close(): void {
    this.#untap();
    this.#finish();
  }

  #wait(): void {
    this.#timer?.clear();
    this.#timer = this.#clock.after(FRAME_WATCH_TIMEOUT_MS, () => this.close());
  }

  #finish(): void {
    this.#timer?.clear();
    this.#ended();
  }
}

/** stats without names that answers replaced: who asks for one by its key waits for nothing that anybody may see. */
export class MaskedStats implements StatsSource {
  readonly #statsSource: StatsSource;
  readonly #names: ConcealedNames;

  constructor(statsSource: StatsSource, names: ConcealedNames) {
    this.#statsSource = statsSource;
    this.#names = names;
  }

  async collectStats(question: StatsQuery): Promise<ServerStats> {
    const stats = await this.#statsSource.collectStats(question);
    // A name that is on air is one that a backend gave or let stand, whatever else it was before.
    const onAir = new Set(
      stats.streams.flatMap(({ key, publisher }) => (publisher ? formatStreamKey(key) : [])),
    );
    const isShown = (key: ClientStats | ServerStats['streams'][number]['key']) =>
      onAir.has(formatStreamKey(key)) || !this.#names.has(key);
    return {
      ...stats,
      streams: stats.streams.filter(({ key }) => isShown(key)),
      clients: stats.clients.map((client) => (isShown(client) ? client : { ...client, stream: MASK })),
    };
  }

  kick(filter: ClientFilter): Promise<number> {
    return this.#statsSource.kick(filter);
  }
}
