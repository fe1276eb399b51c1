import { type Follower, RequestError, type ServerControl } from '../model/control.ts';
import type { ServerStats, StatsQuery } from '../model/stats.ts';
import { streamId } from '../model/stream-key.ts';
import { HELPING_PAUSE_MS, MAX_HELPING } from './hook-routes.ts';
import { clientBody, serverBody, streamBody, type UrlDeps } from './present.ts';
import { hooksBody } from './v2/hooks.ts';

/** Clients of a stream that its followers are told of. */
const MAX_FOLLOWED_CLIENTS = 200;

export const TOPICS = ['streams', 'clients', 'deliveries', 'server', 'hooks'] as const;
export type Topic = (typeof TOPICS)[number];

/** Topics that a follower wants. */
export interface Wanted {
  readonly topics: ReadonlySet<Topic>;
  /** Id of a stream that is told of in every detail. */
  readonly stream: string | undefined;
  /** The Host header by which the server was reached. */
  readonly host: string;
  readonly user: string | null;
}

/** Interval of state events, in milliseconds; those of the hooks come every second time. */
const BEAT_MS = 1_000;

/** Events of one follower, each made when there is room for it. */
export class EventFeed {
  readonly #control: ServerControl;
  readonly #wanted: Wanted;
  readonly #follower: Follower | undefined = undefined;
  #beats = 0;
  /** The newest packet of the stream that this follower knows of. */
  #lastFrame = 0;
  #nextBeatAt = 0;
  #closed = false;
  #wake: () => void = () => undefined;

  /** Throws a RequestError if too many follow what it wants. */
  constructor(control: ServerControl, wanted: Wanted) {
    this.#control = control;
    this.#wanted = wanted;
    if (!wanted.topics.has('deliveries')) return;
    this.#follower = control.hooks.deliveries.follow({});
    if (!this.#follower) throw new RequestError('impossible', 'Too many follow the deliveries already.');
  }

  /** Text of one or more events at a time; ends when the feed is closed. */
  async *events(): AsyncGenerator<string> {
    // At once, so that whoever follows knows that nothing escapes from here on.
    yield ': hello\n\n';
    while (!this.#closed) {
      const deliveries = this.#deliveries();
      if (deliveries !== '') yield deliveries;
      if (performance.now() >= this.#nextBeatAt) yield await this.#beat();
      await this.#pause(deliveries !== '');
    }
  }

  close(): void {
    this.#closed = true;
    this.#follower?.close();
    this.#wake();
  }

  /** Until the next beat, or until there are deliveries; those that come fast are told together. */
  #pause(busy: boolean): Promise<void> {
    return new Promise((resolve) => {
      const beatMs = Math.max(0, this.#nextBeatAt - performance.now());
      const timer = setTimeout(resolve, busy ? Math.min(beatMs, HELPING_PAUSE_MS) : beatMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#closed) this.#wake();
      if (!busy) void this.#follower?.more().then(this.#wake);
    });
  }

  #deliveries(): string {
    const helping = this.#follower?.takeDeliveries(MAX_HELPING);
    if (!helping) return '';
    const { deliveries, missed } = helping;
    const lost = missed > 0 ? event('missed', { count: missed }) : '';
    return lost + deliveries.map((delivery) => event('delivery', delivery)).join('');
  }

  async #beat(): Promise<string> {
    // Everybody's beats fall together, so that one stats is enough for all.
    this.#nextBeatAt = (Math.floor(performance.now() / BEAT_MS) + 1) * BEAT_MS;
    const { topics } = this.#wanted;
    const at = Date.now();
    let text = '';
    if (this.#needsStats) {
      const stats = await this.#control.stats.collectStats(this.#question);
      text = this.#statsEvents(stats, at);
    }
    if (topics.has('hooks') && this.#beats % 2 === 0) text += event('hooks', hooksBody(this.#control));
    this.#beats += 1;
    // A comment keeps proxies from taking the connection for dead.
    return text === '' ? ': \n\n' : text;
  }

  get #needsStats(): boolean {
    const { topics, stream } = this.#wanted;
    return stream !== undefined || topics.has('streams') || topics.has('clients') || topics.has('server');
  }

  get #question(): StatsQuery {
    const { topics, stream } = this.#wanted;
    const asksClients = stream !== undefined || topics.has('clients');
    return {
      clients: asksClients ? { stream, start: 0, count: MAX_FOLLOWED_CLIENTS } : undefined,
      frames: stream === undefined ? undefined : { stream, after: this.#lastFrame },
    };
  }

  #statsEvents({ streams, clients, matching, processes, frames }: ServerStats, at: number): string {
    const { topics, stream, host, user } = this.#wanted;
    const deps: UrlDeps = {
      host,
      listening: this.#control.listening(),
      vhosts: this.#control.vhosts(),
    };
    let text = '';
    if (topics.has('streams')) {
      text += event('streams', { at, streams: streams.map((one) => streamBody(one, deps)) });
    }
    const shown = clients.map(clientBody);
    if (stream !== undefined) {
      const found = streams.find(({ key }) => streamId(key) === stream);
      const marks = frames?.marks ?? [];
      this.#lastFrame = frames?.last ?? 0;
      const body = found ? streamBody(found, deps) : null;
      text += event('stream', { at, stream: body, clients: shown, total: matching, frames: marks });
    } else if (topics.has('clients')) {
      text += event('clients', { at, clients: shown, total: matching });
    }
    if (topics.has('server')) text += event('server', serverBody(this.#control, processes, user));
    return text;
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
