import type { ListenAddress } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, listenAddress, many, maybe, one, onOff, text, userName } from './values.ts';

/** Directives of `http_api { … }` by itself. */
export interface HttpApiValues {
  readonly enabled: boolean;
  readonly listen: readonly ListenAddress[];
  readonly crossdomain: boolean;
  readonly editConfig: boolean;
  readonly editRoots: readonly string[];
  readonly streamMetrics: boolean;
}

/** Directives of `http_api { auth { … } }`. */
export interface HttpApiAuthValues {
  readonly enabled: boolean;
  readonly type: 'basic' | 'bearer';
  /** The token itself, or `env:NAME` or `file:PATH`. */
  readonly token: string | undefined;
  readonly username: string | undefined;
  /** The password itself, or `env:NAME` or `file:PATH`. */
  readonly password: string | undefined;
}

/** Directives of `http_api { … }`. */
export const HTTP_API: BlockSpec<HttpApiValues> = {
  path: ['http_api'],
  doc: 'The server at a glance and in hand: the HTTP API of SRS at /api/v1, that of Gatecast at /api/v2, the console at /console, and /metrics for Prometheus; docs/api.md has them. A change takes a restart.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On opens the port.',
      example: 'on',
    },
    listen: {
      name: 'listen',
      takes: 'one or more values',
      read: many(listenAddress()),
      fallback: '1985',
      doc: 'Where it listens: ports, or addresses with ports. A port alone is one of this machine, 127.0.0.1; any address that others can reach needs auth. SRS takes a port alone for every address. An address that http_server has too, written alike, serves both: the API by its paths, and without auth to clients of this machine alone.',
      example: '0.0.0.0:1985',
    },
    crossdomain: {
      name: 'crossdomain',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On lets pages of any origin read and use /api/v1, by CORS and by JSONP. In SRS it is on.',
      example: 'on',
    },
    editConfig: {
      name: 'edit_config',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On lets whoever may use the API read this file as it is, with the secrets in it, check another text, and put that in its place. Gatecast only.',
      example: 'on',
    },
    editRoots: {
      name: 'edit_roots',
      path: 'root',
      takes: 'one or more values',
      read: many(text(4096)),
      fallback: '',
      doc: 'Directories in which a configuration that is put in place by the API may have files read, written and served. Without it: what the configuration in force uses already, and for reading the directory of its file. Gatecast only.',
      example: '/etc/gatecast /var/lib/gatecast',
    },
    streamMetrics: {
      name: 'stream_metrics',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On gives /metrics figures for each stream; a Prometheus keeps every name that a stream ever had. Gatecast only.',
      example: 'on',
    },
  },
};

/** Directives of `http_api { auth { … } }`. */
export const HTTP_API_AUTH: BlockSpec<HttpApiAuthValues> = {
  path: ['http_api', 'auth'],
  doc: 'Who may use the API: whoever has the password or the token, in a header or by logging in to the console.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'Off lets everybody in who can reach the port.',
      example: 'on',
    },
    type: {
      name: 'type',
      takes: 'one value',
      read: one(choice('basic', 'bearer')),
      fallback: 'basic',
      doc: 'What is asked for: basic is the username and the password; bearer is the token, in the header "Authorization: Bearer TOKEN", or as the password of the user bearer in the console.',
      example: 'bearer',
    },
    token: {
      name: 'token',
      takes: 'one value',
      read: maybe(text(1024)),
      fallback: '',
      doc: 'The token for type bearer, or env:NAME or file:PATH which holds it.',
      example: 'env:API_TOKEN',
      secretFrom: 0,
    },
    username: {
      name: 'username',
      takes: 'one value',
      read: maybe(userName()),
      fallback: '',
      doc: 'The name of the user.',
      example: 'admin',
    },
    password: {
      name: 'password',
      takes: 'one value',
      read: maybe(text(1024)),
      fallback: '',
      doc: 'The password, or env:NAME or file:PATH which holds it.',
      example: 'env:API_PASSWORD',
      secretFrom: 0,
    },
  },
};
