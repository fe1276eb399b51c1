import { z } from 'zod';
import { ACTIONS } from '../../model/events.ts';
import type { CacheKeyPart, HookName, HookPolicy, HookSchema } from '../../model/options.ts';
import { type HeaderWords, headerField, secretWord } from './secret-values.ts';
import {
  type BlockSpec,
  block,
  type Directive,
  directive,
  nameDirectives,
  type Spec,
  type Specs,
} from './spec.ts';
import { choice, enabled, httpUrl, many, maybe, one, onOff, reader, seconds, text, whole } from './values.ts';

const CACHE_KEY: readonly CacheKeyPart[] = ['vhost', 'app', 'stream', 'param', 'ip'];

/** Policy of calls: directives of `http_hooks { … }` that `policy EVENT { … }` can have too. */
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

/** Directives of `http_hooks { … }`; each event has its own key. */
export interface HookValues extends HookPolicy, Readonly<Record<HookName, readonly string[]>> {
  readonly enabled: boolean;
  readonly schema: HookSchema;
  /** Each `whsec_…`, `env:NAME` or `file:PATH`. */
  readonly secrets: readonly string[];
  readonly headers: readonly HeaderWords[];
  readonly maxConnections: number;
  readonly maxQueue: number;
  readonly breakerFailures: number;
  readonly breakerOpenMs: number;
  readonly updateMs: number;
  readonly caFile: string | undefined;
  readonly insecure: boolean;
}

const BACKEND = 'http://127.0.0.1:8085/api/v1';

function urls(resource: string, doc: string): Directive<readonly string[]> {
  return directive(many(httpUrl()), '', doc, `${BACKEND}/${resource}`, { again: 'error' });
}

/** Directives of `http_hooks { … }`. */
export const HTTP_HOOKS: BlockSpec<HookValues> = block({
  path: ['vhost', 'http_hooks'],
  doc: 'HTTP backends that are asked whether a client may pass, and told when it has gone; docs/hooks.md has the contract. An event may have several URLs, all on one line: they are called in order, and the first refusal counts.',
  directives: {
    enabled: enabled('off', 'Off calls nobody, and every client may pass.'),
    on_connect: urls('clients', 'Asked when a client connects. A refusal closes the client.'),
    on_close: urls(
      'clients',
      "Told when a connection has ended whose on_connect was asked. nginx-rtmp's on_disconnect is the same.",
    ),
    on_publish: urls('streams', 'Asked before a client may publish a stream.'),
    on_unpublish: urls(
      'streams',
      "Told when a publish that was let in has ended. nginx-rtmp's on_publish_done is the same.",
    ),
    on_play: urls('sessions', 'Asked before a client may play a stream.'),
    on_stop: urls(
      'sessions',
      "Told when a play that was let in has ended. nginx-rtmp's on_play_done is the same.",
    ),
    on_done: urls(
      'sessions',
      'Told when a publish or a play has ended, after on_unpublish and on_stop: the one URL for both that nginx-rtmp knows.',
    ),
    on_update: urls(
      'clients',
      'Asked again and again, at update_interval, while a client publishes or plays. A refusal closes the client. Gatecast and nginx-rtmp only.',
    ),
    on_publish_busy: urls(
      'streams',
      'Asked when a client wants to publish a stream that another one publishes; an answer with "takeover" lets it. Without it the newcomer is refused. Gatecast only.',
    ),
    on_not_found: urls(
      'streams',
      'Told when a player asks for a stream that nobody publishes. Gatecast only.',
    ),
    on_idle: urls('streams', 'Told when the last player of a stream has left. Gatecast only.'),
    on_hls: urls(
      'hls',
      'Told when a segment of HLS is complete and in its playlist. If the backend is down, the oldest of these are given up first.',
    ),
    on_hls_notify: urls(
      'hls/[server_id]/[app]/[stream]/[ts_url][param]',
      "Fetched (GET) for each segment of HLS, so that a cache can get it before viewers ask: [server_id], [service_id], [vhost], [app], [stream], [ts_url], [m3u8_url] and [param] stand for what they name. What comes of it is nobody's concern.",
    ),
    on_dvr: urls(
      'dvrs',
      "Told when a recording is complete, see dvr. nginx-rtmp's on_record_done is the same.",
    ),
    server_started: urls('servers', 'Told when the server has started. Gatecast only.'),
    server_stopping: urls('servers', 'Told when the server begins to stop. Gatecast only.'),
    schema: directive(
      one(choice('srs1', 'srs5', 'nginx')),
      'srs1',
      'Dialect: srs1 has the fields and the whole-number client_id of SRS 1, srs5 the string client_id, server_id and stream_url of SRS 5 and later, nginx the forms and answers of nginx-rtmp. "style nginx" is the same as "schema nginx". Gatecast only.',
      'srs5',
    ),
    secrets: directive(
      many(secretWord()),
      '',
      'Signs every request after the Standard Webhooks specification, with each of these keys: whsec_ and the base64 of 24 to 64 random bytes, or env:NAME or file:PATH which holds that. The newest stands first; the old one stays behind it until every backend knows the new one. Gatecast only.',
      'env:HOOKS_SECRET env:HOOKS_SECRET_OLD',
      { name: 'secret', again: 'adds', secretFrom: 0 },
    ),
    headers: directive(
      headerField(),
      '',
      'A header that every request has, such as an API key; the value itself, or env:NAME or file:PATH which holds it. May be repeated. Gatecast only.',
      'X-Api-Key env:BACKEND_API_KEY',
      { name: 'header', again: 'adds', secretFrom: 1 },
    ),
    ...HOOK_POLICY,
    maxConnections: directive(
      one(whole(1, 10_000)),
      '64',
      'Connections to one backend at most; they are kept open and shared by all events. Gatecast only.',
      '16',
    ),
    maxQueue: directive(
      one(whole(0, 1_000_000)),
      '10000',
      'Requests that wait at most for one backend, for a connection or until it is back; one more fails at once. Gatecast only.',
      '1000',
    ),
    breakerFailures: directive(
      one(whole(0, 1_000_000)),
      '5',
      'Time-outs in a row after which a URL is left alone until it answers again: questions wait for that within their timeout, and what would be told to it is sent later; 0 never does. Other failures do no such thing. Gatecast only.',
      '20',
    ),
    breakerOpenMs: directive(
      one(whole(1, 3_600_000)),
      '10000',
      'Longest time between two requests that try whether such a URL answers again; the first comes after 250 ms, and each time is twice the one before. Gatecast only.',
      '30000',
      { unit: 'milliseconds' },
    ),
    updateMs: directive(
      one(seconds(1, 86_400)),
      '30',
      'Interval of on_update, where no answer said "recheck". Gatecast only; nginx-rtmp has notify_update_timeout.',
      '60',
      { name: 'update_interval', unit: 'seconds' },
    ),
    caFile: directive(
      maybe(text(4096)),
      '',
      'PEM file of certificates that https backends may be signed by, beside those the system trusts. Read at load. Gatecast only.',
      '/etc/gatecast/backend-ca.pem',
      { name: 'tls_ca_file', path: 'read' },
    ),
    insecure: onOff(
      'off',
      'On accepts any certificate of an https backend, as SRS always does. Gatecast only.',
      { name: 'tls_insecure' },
    ),
  },
});
