import { until } from './until.ts';

/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Follows server-sent events until `stop`. */
export async function follow(url: string, init: RequestInit = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  const events: SentEvent[] = [];
  let text = '';
  let ended = false;
  const read = async () => {
    for await (const bytes of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      text += Buffer.from(bytes).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field('event');
        if (event !== undefined) events.push({ event, data: JSON.parse(field('data') ?? 'null') as unknown });
      }
    }
  };
  const reading = read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return {
    response,
    events,
    get ended() {
      return ended;
    },
    /** The first event of a kind that fits. */
    next<T>(kind: string, fits: (data: T) => boolean = () => true): Promise<T> {
      return until(`an event ${kind}`, () => {
        const found = events.find(({ event, data }) => event === kind && fits(data as T));
        return found && (found.data as T);
      });
    },
    async stop() {
      abort.abort();
      await reading;
    },
  };
}
