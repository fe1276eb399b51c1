import type { KeyObject } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import type { Delivery, DeliveryOutcome, HookObserver } from '../model/delivery.ts';
import { type Action, isQuestion, type ServerIds } from '../model/events.ts';
import type { HookSchema } from '../model/options.ts';
import { MASK } from '../model/secret-values.ts';
import type { Backends } from './backend.ts';
import type { SendKind } from './breaker.ts';
import type { EventHead, HookEvent, Stamped } from './event.ts';
import { type HttpReply, type HttpResponse, isUnavailable } from './exchange.ts';
import { hookBody } from './payload.ts';
import type { GateDeadline, QuestionWatcher } from './question.ts';
import { signatures } from './signature.ts';
import type { Target } from './target.ts';
import { type HookAnswer, judge, type Trouble } from './verdict.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** Bytes of an answer that the record of a delivery keeps. */
const MAX_RECORDED_BODY = 4_096;

/** One attempt to deliver an event to one URL. */
export type Call = Subject & CallTerms;

/** What a call is about, and its body if that is made already: of an event that is sent again, or is on record. */
type Subject =
  | { readonly event: Stamped<HookEvent>; readonly body?: undefined }
  | { readonly event: EventHead; readonly body: string };

interface CallTerms {
  readonly hooks: VhostHooks;
  readonly target: Target;
  /** 1 for the first attempt at this URL. */
  readonly attempt: number;
  /** Learns whether it is sent. */
  readonly watcher?: QuestionWatcher | undefined;
  /** True if a client waits for the answer as long as it may, also while the backend is away. */
  readonly waits?: boolean | undefined;
  /** Gets the record of this attempt, beside the observer of all. */
  readonly report?: ((delivery: Delivery) => void) | undefined;
}

/** What calling needs. */
export interface HookClientDeps {
  readonly backends: Backends;
  readonly clock: Clock;
  readonly server: ServerIds;
  readonly observer: HookObserver;
}

type Header = readonly [name: string, value: string];

/** Delivers one event to one URL, once, and says what came of it. */
export class HookClient {
  readonly #deps: HookClientDeps;

  constructor(deps: HookClientDeps) {
    this.#deps = deps;
  }

  /** Never rejects: no answer is a refusal too. */
  async call(call: Call, limit: GateDeadline): Promise<HookAnswer> {
    const { event, hooks, target } = call;
    const at = Date.now();
    const body = this.#bodyOf(call);
    const { id } = event.stamp;
    const post = {
      path: target.path,
      headers: stampHeaders(target.headers, id, at, body, hooks.keys),
      body,
      connectTimeoutMs: hooks.policy(event.action).connectTimeoutMs,
      watcher: call.watcher,
    };
    const reply = await this.#deps.backends.of(target).post(post, kindOf(call), target, limit);
    const answer = answerOf(reply, target, hooks.schema, event.action);
    this.#report(call, at, body, reply, answer);
    return answer;
  }

  #bodyOf(call: Call): string {
    if (call.body !== undefined) return call.body;
    const { event, hooks, target } = call;
    return hookBody(event, { schema: hooks.schema, hook: target.hook }, this.#deps.server);
  }

  #report(call: Call, at: number, body: string, { response, timing }: HttpReply, answer: HookAnswer): void {
    const { event, target, attempt } = call;
    const { action, vhost, app, stream, stamp } = event;
    const delivery: Delivery = {
      id: `${stamp.id}-${numberOf(call)}`,
      eventId: stamp.id,
      action,
      vhost,
      app,
      stream,
      clientId: event.client?.id ?? '',
      url: target.shown,
      origin: target.backend.origin,
      attempt,
      at,
      request: { headers: shownHeaders(target, stamp.id, at, call.hooks.keys.length > 0), body },
      response: typeof response === 'string' ? undefined : record(response),
      timing,
      outcome: outcomeOf(answer),
      why: answer.allowed ? '' : answer.message,
    };
    this.#deps.observer.delivered(delivery);
    call.report?.(delivery);
  }
}

function kindOf({ event, attempt, waits }: Call): SendKind {
  if (!isQuestion(event.action)) return 'event';
  if (waits !== true) return 'hasty question';
  return attempt === 1 ? 'question' : 'repetition';
}

/** Answer of a reply: as the contract reads its response, or a refusal where there is none. */
function answerOf(reply: HttpReply, target: Target, schema: HookSchema, action: Action): HookAnswer {
  const { response, skipped } = reply;
  if (typeof response === 'string') {
    const silent = silence(target, response);
    return skipped ? { ...silent, skipped } : { ...silent, trouble: troubleOf(reply) };
  }
  const answer = judgeResponse(response, schema, action);
  const freshMs = freshnessOf(response.headers['cache-control']);
  if (answer.allowed || answer.deliberate) return { ...answer, freshMs };
  return { ...answer, freshMs, trouble: troubleOf(reply) };
}

function troubleOf({ response, failure }: HttpReply): Trouble | undefined {
  if (typeof response !== 'string')
    return isUnavailable(response.status) ? 'unavailable' : response.status >= 500 ? 'broken' : undefined;
  if (failure === 'unreachable') return 'unreachable';
  return failure === 'cut off' ? 'unavailable' : 'broken';
}

/** Adds the headers that differ from request to request, after Standard Webhooks 1.0. */
function stampHeaders(
  headers: readonly string[],
  id: string,
  at: number,
  body: string,
  keys: readonly KeyObject[],
): string[] {
  if (keys.length === 0) return headers.concat('webhook-id', id);
  const seconds = secondsOf(at);
  const signature = signatures(keys, id, seconds, body);
  return headers.concat(
    'webhook-id',
    id,
    'webhook-timestamp',
    String(seconds),
    'webhook-signature',
    signature,
  );
}

function shownHeaders(target: Target, id: string, at: number, signed: boolean): Header[] {
  const stamp: Header = ['webhook-id', id];
  if (!signed) return target.shownHeaders.concat([stamp]);
  const time: Header = ['webhook-timestamp', String(secondsOf(at))];
  return target.shownHeaders.concat([stamp, time, ['webhook-signature', MASK]]);
}

function secondsOf(at: number): number {
  return Math.floor(at / 1000);
}

/** What a backend is said to have answered which did not. */
function silence(target: Target, what: string): HookAnswer & { allowed: false } {
  return {
    allowed: false,
    freshMs: 0,
    message: `The backend ${target.shown} ${what}.`,
    // Where the backend lives is none of a client's business.
    forClient: `The backend ${what}.`,
    deliberate: false,
  };
}

function judgeResponse(
  { status, headers, body }: HttpResponse,
  schema: HookSchema,
  action: Action,
): HookAnswer {
  const { location } = headers;
  return judge(schema, status, body, {
    action,
    location: Array.isArray(location) ? location[0] : location,
  });
}

function outcomeOf(answer: HookAnswer): DeliveryOutcome {
  if (answer.allowed) return 'allowed';
  if (answer.skipped) return 'skipped';
  return answer.deliberate ? 'refused' : 'failed';
}

/** Which attempt this is of all that the event has at its URLs, counted in rounds. */
function numberOf({ event, hooks, target, attempt }: Call): number {
  const urls = hooks.targets.get(event.action) ?? [target];
  return (attempt - 1) * urls.length + Math.max(urls.indexOf(target), 0) + 1;
}

function record({ status, headers, body }: HttpResponse): Delivery['response'] {
  const shown: Header[] = [];
  for (const name in headers) shown.push([name, name === 'set-cookie' ? MASK : String(headers[name])]);
  return { status, headers: shown, body: body.toString('utf8', 0, MAX_RECORDED_BODY) };
}

/** For how long `Cache-Control` (RFC 9111, 5.2.2) lets an answer be used again, in milliseconds; Infinity if it does not say. */
export function freshnessOf(cacheControl: string | string[] | undefined): number {
  const text = String(cacheControl ?? '').toLowerCase();
  if (/(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])/.test(text)) return 0;
  const age = /(?:^|[\s,])max-age="?(\d+)/.exec(text)?.[1];
  return age === undefined ? Number.POSITIVE_INFINITY : Number(age) * 1000;
}
