import { z } from 'zod';
import { ACTIONS } from '../../model/events.ts';
import type { CacheKeyPart, HookPolicy } from '../../model/options.ts';
import type { BlockSpec, Read, Spec } from './spec.ts';
import { choice, many, one, seconds, whole } from './values.ts';

type PolicySpecs<V> = { readonly [K in keyof V]: Spec<V[K]> };

const CACHE_KEY: readonly CacheKeyPart[] = ['vhost', 'app', 'stream', 'param', 'ip'];

/** How events are called: directives of `http_hooks { … }` that `policy EVENT { … }` can have too. */
export const HOOK_POLICY: PolicySpecs<HookPolicy> = {
  connectTimeoutMs: {
    name: 'connect_timeout',
    takes: 'one value',
    read: one(whole(1, 300_000)),
    fallback: '3000',
    unit: 'milliseconds',
    doc: 'Time to reach a backend, TLS included. Gatecast only; SRS has 30 s.',
    example: '1000',
  },
  timeoutMs: {
    name: 'timeout',
    takes: 'one value',
    read: one(whole(1, 300_000)),
    fallback: '10000',
    unit: 'milliseconds',
    doc: 'Time for all URLs of a question together, repetitions and the wait for a backend that is away included; a client whose question runs out of it is refused. Of a closing event each attempt at each URL has this time. Gatecast only; SRS has 30 s for each step of each URL.',
    example: '5000',
  },
  retries: {
    name: 'retries',
    takes: 'one value',
    read: one(whole(0, 100)),
    fallback: '0',
    doc: 'How often a question is put again, within timeout, that a backend failed to answer but may have acted on: after a status 500 or half an answer. While it cannot be reached, closes the connection before it answers, or a gateway says 502, 503 or 504, it is tried again without that for as long as timeout lets, unless on_error is allow. A refusal is an answer. Gatecast only.',
    example: '2',
  },
  onError: {
    name: 'on_error',
    takes: 'one value',
    read: one(choice('deny', 'allow')),
    fallback: 'deny',
    doc: 'What a question ends in when a URL fails to answer: allow goes on as if it had said yes, and does not wait for a backend that is away. A refusal is one all the same. For on_update it is allow, unless its own policy says deny. Gatecast only.',
    example: 'allow',
  },
  cacheMs: {
    name: 'cache',
    takes: 'one value',
    read: one(seconds(0, 86_400)),
    fallback: '0',
    unit: 'seconds',
    doc: 'For how long an answer is good for the same question, so that the backend is not asked again; 0 asks always. Gatecast only.',
    example: '10',
  },
  cacheKey: {
    name: 'cache_key',
    takes: 'one or more values',
    read: many(choice(...CACHE_KEY)),
    fallback: CACHE_KEY.join(' '),
    doc: 'What makes two questions the same, for cache: any of vhost, app, stream, param and ip. Gatecast only.',
    example: 'vhost app stream param',
  },
};

/** Directives of `policy EVENT { … }` in `http_hooks { … }`; what is not given is as there. */
export const POLICY: BlockSpec<Partial<HookPolicy>> = {
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
};

function inherited<T>(spec: Spec<T>): Spec<T | undefined> {
  return {
    ...spec,
    read: z.preprocess(
      (words) => (Array.isArray(words) && words.length === 0 ? undefined : words),
      spec.read.optional(),
    ) as unknown as Read<T | undefined>,
    fallback: '',
    doc: `Like ${spec.name} of http_hooks, for this event alone.`,
  };
}
