import type { Delivery } from '../model/delivery.ts';
import { callBackend } from './backend-call.ts';
import type { HookEvent, Stamped } from './event.ts';
import type { HttpPost } from './http-post.ts';
import { hookBody, type ServerIds } from './payload.ts';
import type { Target } from './target.ts';
import type { TimeLimit } from './time-limit.ts';
import type { Judgement } from './verdict.ts';
import type { VhostHooks } from './vhost-hooks.ts';

/** One attempt to deliver an event to one URL. */
export interface Call {
  readonly event: Stamped<HookEvent>;
  readonly hooks: VhostHooks;
  readonly target: Target;
  /** 1 for the first attempt at this URL. */
  readonly attempt: number;
  /** The body as it was sent before, of an event that is sent again as it was; made from `event` if left out. */
  readonly body?: string | undefined;
  /** Gets the record of this attempt, beside the observer of all. */
  readonly report?: ((delivery: Delivery) => void) | undefined;
}

/** Delivers one event to one URL, once, and says what came of it. */
export class Caller {
  readonly #http: HttpPost;
  readonly #server: ServerIds;

  constructor(http: HttpPost, server: ServerIds) {
    this.#http = http;
    this.#server = server;
  }

  /** Never rejects: no answer is a refusal too. */
  call({ event, hooks, target, body }: Call, limit: TimeLimit): Promise<Judgement> {
    const text = body ?? hookBody(event, hooks, this.#server);
    return callBackend(this.#http, hooks.schema, target, text, limit);
  }
}
