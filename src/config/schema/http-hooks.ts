import type { Action, ClosingAction, GateAction } from '../../model/lifecycle.ts';
import type { BlockSpec, Spec } from './spec.ts';
import { choice, httpUrl, many, maybe, one, onOff, text, whole } from './values.ts';

/** What `http_hooks { … }` sets; each event has its own key. */
export interface HookValues extends Readonly<Record<GateAction | ClosingAction, readonly string[]>> {
  readonly enabled: boolean;
  readonly schema: 'srs1' | 'srs5';
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly caFile: string | undefined;
  readonly insecure: boolean;
}

const BACKEND = 'http://127.0.0.1:8085/api/v1';

function urls(name: Action, resource: string, doc: string): Spec<readonly string[]> {
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
  doc: 'HTTP backends that are asked whether a client may pass, and told when it has gone. An event may have several URLs, all on one line: they are called in order, and the first refusal counts.',
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
    on_close: urls('on_close', 'clients', 'Told when a connection has ended whose on_connect was asked.'),
    on_publish: urls('on_publish', 'streams', 'Asked before a client may publish a stream.'),
    on_unpublish: urls('on_unpublish', 'streams', 'Told when a publish that was let in has ended.'),
    on_play: urls('on_play', 'sessions', 'Asked before a client may play a stream.'),
    on_stop: urls('on_stop', 'sessions', 'Told when a play that was let in has ended.'),
    schema: {
      name: 'schema',
      takes: 'one value',
      read: one(choice('srs1', 'srs5')),
      fallback: 'srs1',
      doc: 'Dialect of the bodies: srs1 has the fields and the whole-number client_id of SRS 1, srs5 the string client_id, server_id and stream_url of SRS 5 and later. Gatecast only.',
      example: 'srs5',
    },
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
      doc: 'Time for all URLs of a question together; a client whose question runs out of it is refused. Of a closing event each URL has this time. Gatecast only; SRS has 30 s for each step of each URL.',
      example: '5000',
    },
    caFile: {
      name: 'tls_ca_file',
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
