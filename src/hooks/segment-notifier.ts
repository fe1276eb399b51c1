import { randomUUID } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import type { Delivery, DeliveryTiming, HookObserver } from '../model/delivery.ts';
import type { NoticeEvent, ServerIds } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { HookOptions } from '../model/options.ts';
import { describe, since } from './deps.ts';
import { parseTarget, type Target } from './target.ts';

/** Segments whose `on_hls_notify` is under way at the same time; those over it are left out. */
const MAX_NOTIFICATIONS = 32;

/** Time for one URL of `on_hls_notify`, in milliseconds: what SRS gives it. */
const NOTIFY_TIMEOUT_MS = 10_000;

/** What the notifier needs of the process. */
export interface NotifierDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: HookObserver;
  readonly server: ServerIds;
  /** Our own version, for the User-Agent. */
  readonly version: string;
}

/**
 * `on_hls_notify`: fetches a URL made of a segment's facts, so that a cache may get the segment before its viewers ask.
 * Nothing is repeated, and nothing depends on what comes of it.
 */
export class SegmentNotifier {
  readonly #deps: NotifierDeps;
  readonly #abort = new AbortController();
  #running = 0;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  /** Begins to fetch the URLs of `on_hls_notify`, one after the other; over a bound of such rows under way it does nothing. */
  notify(event: NoticeEvent, options: HookOptions): void {
    const urls = options.enabled ? (options.urls.on_hls_notify ?? []) : [];
    if (urls.length === 0 || this.#abort.signal.aborted) return;
    if (this.#running >= MAX_NOTIFICATIONS) {
      this.#deps.logger.debug(describe(event), 'on_hls_notify skipped, too many in flight');
      return;
    }
    this.#running++;
    void this.#fetchAll(event, urls, options).finally(() => {
      this.#running--;
    });
  }

  /** Ends what is under way. */
  close(): void {
    this.#abort.abort();
  }

  async #fetchAll(event: NoticeEvent, urls: readonly string[], options: HookOptions): Promise<void> {
    for (const template of urls) {
      const target = parseTarget(fill(template, event, this.#deps.server), options, this.#deps.version);
      await this.#fetch(event, target, options);
    }
  }

  async #fetch(event: NoticeEvent, target: Target, options: HookOptions): Promise<void> {
    const { clock, logger, observer } = this.#deps;
    const [began, at] = [clock.now(), Date.now()];
    const { response, why } = await this.#get(target, options).then(
      (response) => ({ response, why: response.status < 400 ? '' : `It answered ${response.status}.` }),
      (error: Error) => ({ response: undefined, why: error.message }),
    );
    const totalMs = since(clock, began);
    const outcome = why === '' ? 'allowed' : 'failed';
    observer.delivered(deliveryOf(event, target, { at, response, why, outcome, timing: timingOf(totalMs) }));
    logger.debug({ ...describe(event), url: target.shown, ms: totalMs, why }, 'on_hls_notify fetched');
  }

  async #get({ backend, path, headers }: Target, { ca, insecure, notifyBytes }: HookOptions) {
    const { Agent, request } = await import('undici');
    const agent = new Agent({
      connect: { rejectUnauthorized: !insecure, ...(ca === undefined ? {} : { ca }) },
    });
    const late = new AbortController();
    const timer = this.#deps.clock.after(NOTIFY_TIMEOUT_MS, () =>
      late.abort(new Error(`It did not answer within ${NOTIFY_TIMEOUT_MS} ms.`)),
    );
    const signal = AbortSignal.any([this.#abort.signal, late.signal]);
    try {
      const plain = pairs(headers).filter(([name]) => name.toLowerCase() !== 'content-type');
      const { statusCode, body } = await request(backend.origin + path, {
        dispatcher: agent,
        signal,
        headers: Object.fromEntries(plain),
      });
      let read = Buffer.alloc(0);
      if (notifyBytes > 0) {
        for await (const chunk of body) {
          read = Buffer.concat([read, chunk as Buffer]);
          if (read.length >= notifyBytes) break;
        }
      }
      return { status: statusCode, headers: [], body: read.toString('utf8', 0, notifyBytes) };
    } finally {
      timer.clear();
      // Cuts off what was not to be read.
      await agent.destroy();
    }
  }
}

/** A URL of `on_hls_notify` with the facts of a segment in the places of their names, as SRS has them. */
export function fill(template: string, event: NoticeEvent, { serverId, serviceId }: ServerIds): string {
  const { vhost, app, stream, segment, param = '' } = event;
  const values: Readonly<Record<string, string>> = {
    server_id: encodeURIComponent(serverId),
    service_id: encodeURIComponent(serviceId),
    vhost: encodeURIComponent(vhost),
    app: encodePath(app),
    stream: encodeURIComponent(stream),
    ts_url: encodePath(segment?.url ?? ''),
    m3u8_url: encodePath(segment?.m3u8Url ?? ''),
    // A query as its client sent it: only what would end the URL is taken out.
    param: encodeURI(param).replaceAll('#', '%23').replaceAll('%25', '%'),
  };
  return template.replace(/\[([a-z0-9_]+)\]/g, (whole, name: string) => values[name] ?? whole);
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? '']);
}

function timingOf(totalMs: number): DeliveryTiming {
  return { queueMs: 0, connectMs: undefined, firstByteMs: undefined, totalMs };
}

function deliveryOf(
  event: NoticeEvent,
  target: Target,
  result: Pick<Delivery, 'at' | 'response' | 'why' | 'outcome' | 'timing'>,
): Delivery {
  const eventId = randomUUID();
  return {
    id: `${eventId}-1`,
    eventId,
    action: event.action,
    vhost: event.vhost,
    app: event.app,
    stream: event.stream,
    clientId: event.client?.id ?? '',
    url: target.shown,
    origin: target.backend.origin,
    attempt: 1,
    request: { headers: [], body: '' },
    ...result,
  };
}
