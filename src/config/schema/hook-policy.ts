import { z } from 'zod';
import { ACTIONS } from '../../model/events.ts';
import type { CacheKeyPart, HookPolicy } from '../../model/options.ts';
import {
  type BlockSpec,
  block,
  type Directive,
  directive,
  nameDirectives,
  type Spec,
  type Specs,
} from './spec.ts';
import { choice, many, one, reader, seconds, whole } from './values.ts';

const CACHE_KEY: readonly CacheKeyPart[] = ['vhost', 'app', 'stream', 'param', 'ip'];

/** How events are called: directives of `http_hooks { … }` that `policy EVENT { … }` can have too. */
export const HOOK_POLICY: Specs<HookPolicy> = nameDirectives({
  connectTimeoutMs: directive(
    one(whole(1, 300_000)),
    '3000',
    'Time to reach a backend, TLS included. Gatecast only; SRS has 30 s.',
    '1000',
    { unit: 'milliseconds' },
  ),
  timeoutMs: directive(
    one(whole(1, 300_000)),
    '10000',
    'Time for all URLs of a question together, repetitions and the wait for a backend that is away included; a client whose question runs out of it is refused. Of a closing event each attempt at each URL has this time. Gatecast only; SRS has 30 s for each step of each URL.',
    '5000',
    { unit: 'milliseconds' },
  ),
  retries: directive(
    one(whole(0, 100)),
    '0',
    'How often a question is put again, within timeout, that a backend failed to answer but may have acted on: after a status 500 or half an answer. While it cannot be reached, closes the connection before it answers, or a gateway says 502, 503 or 504, it is tried again without that for as long as timeout lets, unless on_error is allow. A refusal is an answer. Gatecast only.',
    '2',
  ),
  onError: directive(
    one(choice('deny', 'allow')),
    'deny',
    'What a question ends in when a URL fails to answer: allow goes on as if it had said yes, and does not wait for a backend that is away. A refusal is one all the same. For on_update it is allow, unless its own policy says deny. Gatecast only.',
    'allow',
  ),
  cacheMs: directive(
    one(seconds(0, 86_400)),
    '0',
    'For how long an answer is good for the same question, so that the backend is not asked again; 0 asks always. Gatecast only.',
    '10',
    { unit: 'seconds' },
  ),
  cacheKey: directive(
    many(choice(...CACHE_KEY)),
    CACHE_KEY.join(' '),
    'What makes two questions the same, for cache: any of vhost, app, stream, param and ip. Gatecast only.',
    'vhost app stream param',
  ),
});

/** Directives of `policy EVENT { … }` in `http_hooks { … }`; what is not given is as there. */
export const POLICY: BlockSpec<Partial<HookPolicy>> = block({
  path: ['vhost', 'http_hooks', 'policy'],
  doc: 'How one event is called, such as on_play, where that is not how the others are: what is not given here is as in http_hooks. There may be one for each event. Gatecast only.',
  heads: ACTIONS,
  directives: {
    connectTimeoutMs: inherited(HOOK_POLICY.connectTimeoutMs),
    timeoutMs: inherited(HOOK_POLICY.timeoutMs),
    retries: inherited(HOOK_POLICY.retries),
    onError: inherited(HOOK_POLICY.onError),
    cacheMs: inherited(HOOK_POLICY.cacheMs),
    cacheKey: inherited(HOOK_POLICY.cacheKey),
  },
});

function inherited<T>({ name, read, ...spec }: Spec<T>): Directive<T | undefined> {
  const words = z.preprocess(
    (given) => (Array.isArray(given) && given.length === 0 ? undefined : given),
    read.words.optional(),
  );
  return {
    ...spec,
    read: reader(read.takes, words),
    fallback: '',
    doc: `Like ${name} of http_hooks, for this event alone.`,
  };
}
