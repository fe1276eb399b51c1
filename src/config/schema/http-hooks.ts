import type { HookName, HookPolicy, HookSchema } from '../../model/options.ts';
import { HOOK_POLICY } from './hook-policy.ts';
import { type HeaderWords, headerField, secretWord } from './secret-values.ts';
import type { BlockSpec, Spec } from './spec.ts';
import { choice, httpUrl, many, maybe, one, onOff, seconds, text, whole } from './values.ts';

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

function urls(name: HookName, resource: string, doc: string): Spec<readonly string[]> {
  return {
    name,
    takes: 'one or more values',
    read: many(httpUrl()),
    fallback: '',
    doc,
    example: `${BACKEND}/${resource}`,
    again: 'error',
  };
}

/** Directives of `http_hooks { … }`. */
export const HTTP_HOOKS: BlockSpec<HookValues> = {
  path: ['vhost', 'http_hooks'],
  doc: 'HTTP backends that are asked whether a client may pass, and told when it has gone; docs/hooks.md has the contract. An event may have several URLs, all on one line: they are called in order, and the first refusal counts.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'Off calls nobody, and every client may pass.',
      example: 'on',
    },
    on_connect: urls('on_connect', 'clients', 'Asked when a client connects. A refusal closes the client.'),
    on_close: urls(
      'on_close',
      'clients',
      "Told when a connection has ended whose on_connect was asked. nginx-rtmp's on_disconnect is the same.",
    ),
    on_publish: urls('on_publish', 'streams', 'Asked before a client may publish a stream.'),
    on_unpublish: urls(
      'on_unpublish',
      'streams',
      "Told when a publish that was let in has ended. nginx-rtmp's on_publish_done is the same.",
    ),
    on_play: urls('on_play', 'sessions', 'Asked before a client may play a stream.'),
    on_stop: urls(
      'on_stop',
      'sessions',
      "Told when a play that was let in has ended. nginx-rtmp's on_play_done is the same.",
    ),
    on_done: urls(
      'on_done',
      'sessions',
      'Told when a publish or a play has ended, after on_unpublish and on_stop: the one URL for both that nginx-rtmp knows.',
    ),
    on_update: urls(
      'on_update',
      'clients',
      'Asked again and again, at update_interval, while a client publishes or plays. A refusal closes the client. Gatecast and nginx-rtmp only.',
    ),
    on_publish_busy: urls(
      'on_publish_busy',
      'streams',
      'Asked when a client wants to publish a stream that another one publishes; an answer with "takeover" lets it. Without it the newcomer is refused. Gatecast only.',
    ),
    on_not_found: urls(
      'on_not_found',
      'streams',
      'Told when a player asks for a stream that nobody publishes. Gatecast only.',
    ),
    on_idle: urls('on_idle', 'streams', 'Told when the last player of a stream has left. Gatecast only.'),
    on_hls: urls(
      'on_hls',
      'hls',
      'Told when a segment of HLS is complete and in its playlist. If the backend is down, the oldest of these are given up first.',
    ),
    on_hls_notify: urls(
      'on_hls_notify',
      'hls/[server_id]/[app]/[stream]/[ts_url][param]',
      "Fetched (GET) for each segment of HLS, so that a cache can get it before viewers ask: [server_id], [service_id], [vhost], [app], [stream], [ts_url], [m3u8_url] and [param] stand for what they name. What comes of it is nobody's concern.",
    ),
    on_dvr: urls(
      'on_dvr',
      'dvrs',
      "Told when a recording is complete, see dvr. nginx-rtmp's on_record_done is the same.",
    ),
    server_started: urls('server_started', 'servers', 'Told when the server has started. Gatecast only.'),
    server_stopping: urls(
      'server_stopping',
      'servers',
      'Told when the server begins to stop. Gatecast only.',
    ),
    schema: {
      name: 'schema',
      takes: 'one value',
      read: one(choice('srs1', 'srs5', 'nginx')),
      fallback: 'srs1',
      doc: 'Dialect: srs1 has the fields and the whole-number client_id of SRS 1, srs5 the string client_id, server_id and stream_url of SRS 5 and later, nginx the forms and answers of nginx-rtmp. "style nginx" is the same as "schema nginx". Gatecast only.',
      example: 'srs5',
    },
    secrets: {
      name: 'secret',
      takes: 'one or more values',
      read: many(secretWord()),
      fallback: '',
      doc: 'Signs every request after the Standard Webhooks specification, with each of these keys: whsec_ and the base64 of 24 to 64 random bytes, or env:NAME or file:PATH which holds that. The newest stands first; the old one stays behind it until every backend knows the new one. Gatecast only.',
      example: 'env:HOOKS_SECRET env:HOOKS_SECRET_OLD',
      again: 'adds',
      secretFrom: 0,
    },
    headers: {
      name: 'header',
      takes: 'a name and a value',
      read: headerField(),
      fallback: '',
      doc: 'A header that every request has, such as an API key; the value itself, or env:NAME or file:PATH which holds it. May be repeated. Gatecast only.',
      example: 'X-Api-Key env:BACKEND_API_KEY',
      again: 'adds',
      secretFrom: 1,
    },
    ...HOOK_POLICY,
    maxConnections: {
      name: 'max_connections',
      takes: 'one value',
      read: one(whole(1, 10_000)),
      fallback: '64',
      doc: 'Connections to one backend at most; they are kept open and shared by all events. Gatecast only.',
      example: '16',
    },
    maxQueue: {
      name: 'max_queue',
      takes: 'one value',
      read: one(whole(0, 1_000_000)),
      fallback: '10000',
      doc: 'Requests that wait at most for one backend, for a connection or until it is back; one more fails at once. Gatecast only.',
      example: '1000',
    },
    breakerFailures: {
      name: 'breaker_failures',
      takes: 'one value',
      read: one(whole(0, 1_000_000)),
      fallback: '5',
      doc: 'Time-outs in a row after which a URL is left alone until it answers again: questions wait for that within their timeout, and what would be told to it is sent later; 0 never does. Other failures do no such thing. Gatecast only.',
      example: '20',
    },
    breakerOpenMs: {
      name: 'breaker_open',
      takes: 'one value',
      read: one(whole(1, 3_600_000)),
      fallback: '10000',
      unit: 'milliseconds',
      doc: 'Longest time between two requests that try whether such a URL answers again; the first comes after 250 ms, and each time is twice the one before. Gatecast only.',
      example: '30000',
    },
    updateMs: {
      name: 'update_interval',
      takes: 'one value',
      read: one(seconds(1, 86_400)),
      fallback: '30',
      unit: 'seconds',
      doc: 'Interval of on_update, where no answer said "recheck". Gatecast only; nginx-rtmp has notify_update_timeout.',
      example: '60',
    },
    caFile: {
      name: 'tls_ca_file',
      path: 'read',
      takes: 'one value',
      read: maybe(text(4096)),
      fallback: '',
      doc: 'PEM file of certificates that https backends may be signed by, beside those the system trusts. Read at load. Gatecast only.',
      example: '/etc/gatecast/backend-ca.pem',
    },
    insecure: {
      name: 'tls_insecure',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On accepts any certificate of an https backend, as SRS always does. Gatecast only.',
      example: 'on',
    },
  },
};
