import { OWN_HEADERS } from '../api/client.ts';
import { backoffMs } from './backoff.ts';
import { type SseEvent, SseParser } from './sse-parser.ts';

/** `connecting` for the first time, `live`, or `lost` and trying again. */
export type FeedState = 'connecting' | 'live' | 'lost';

/** Callbacks of a follower of a stream of events. */
export interface Ear {
  event(event: SseEvent): void;
  state(state: FeedState): void;
  /** Somebody has to log in first; the stream is over. */
  unauthorized(): void;
}

/** A server says something each second or two; one that is silent for this long is not there any more. */
const SILENCE_MS = 12_000;

/**
 * Follows a stream of server-sent events until the returned function is called, and connects again whenever it ends. With
 * fetch, since an EventSource can neither send a header nor tell a log-in from a loss.
 */
export function follow(url: string, ear: Ear): () => void {
  const over = new AbortController();
  ear.state('connecting');
  void keepFollowing(url, ear, over.signal);
  return () => over.abort();
}

async function keepFollowing(url: string, ear: Ear, over: AbortSignal): Promise<void> {
  const isOver = () => over.aborted;
  for (let failures = 0; !isOver(); failures++) {
    const heard = () => {
      failures = 0;
      ear.state('live');
    };
    const end = await followOnce(url, ear, heard, over).catch(() => 'lost' as const);
    if (isOver()) return;
    if (end === 'unauthorized') return ear.unauthorized();
    ear.state('lost');
    await pause(backoffMs(failures), over);
  }
}

async function followOnce(
  url: string,
  ear: Ear,
  heard: () => void,
  over: AbortSignal,
): Promise<'lost' | 'unauthorized'> {
  const stalled = new AbortController();
  const stall = () => stalled.abort();
  let timer = setTimeout(stall, SILENCE_MS);
  try {
    const response = await fetch(url, {
      headers: { ...OWN_HEADERS, accept: 'text/event-stream' },
      signal: AbortSignal.any([over, stalled.signal]),
      cache: 'no-store',
    });
    if (response.status === 401) return 'unauthorized';
    if (!response.ok || response.body === null) return 'lost';
    heard();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'lost';
      clearTimeout(timer);
      timer = setTimeout(stall, SILENCE_MS);
      for (const event of parser.push(value)) ear.event(event);
    }
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

/** Waits, but not when the browser says that it is online again, or somebody looks at the page again. */
function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = new AbortController();
    const timer = setTimeout(() => wake.abort(), ms);
    const done = () => wake.abort();
    wake.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
    globalThis.addEventListener('online', done, { signal: wake.signal });
    document.addEventListener('visibilitychange', () => document.hidden || done(), { signal: wake.signal });
    over.addEventListener('abort', done, { signal: wake.signal });
  });
}
