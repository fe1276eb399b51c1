import type { ListenAddress } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { choice, enabled, listenAddress, many, maybe, one, onOff, text, userName } from './values.ts';

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
export const HTTP_API: BlockSpec<HttpApiValues> = block({
  path: ['http_api'],
  doc: 'The server at a glance and in hand: the HTTP API of SRS at /api/v1, that of Gatecast at /api/v2, the console at /console, and /metrics for Prometheus; docs/api.md has them. A change takes a restart.',
  directives: {
    enabled: enabled('off', 'On opens the port.'),
    listen: directive(
      many(listenAddress()),
      '1985',
      'Where it listens: ports, or addresses with ports. A port alone is one of this machine, 127.0.0.1; any address that others can reach needs auth. SRS takes a port alone for every address. An address that http_server has too, written alike, serves both: the API by its paths, and without auth to clients of this machine alone.',
      '0.0.0.0:1985',
    ),
    crossdomain: onOff(
      'off',
      'On lets pages of any origin read and use /api/v1, by CORS and by JSONP. In SRS it is on.',
    ),
    editConfig: onOff(
      'off',
      'On lets whoever may use the API read this file as it is, with the secrets in it, check another text, and put that in its place. Gatecast only.',
    ),
    editRoots: directive(
      many(text(4096)),
      '',
      'Directories in which a configuration that is put in place by the API may have files read, written and served. Without it: what the configuration in force uses already, and for reading the directory of its file. Gatecast only.',
      '/etc/gatecast /var/lib/gatecast',
      { path: 'root' },
    ),
    streamMetrics: onOff(
      'off',
      'On gives /metrics figures for each stream; a Prometheus keeps every name that a stream ever had. Gatecast only.',
    ),
  },
});

/** Directives of `http_api { auth { … } }`. */
export const HTTP_API_AUTH: BlockSpec<HttpApiAuthValues> = block({
  path: ['http_api', 'auth'],
  doc: 'Who may use the API: whoever has the password or the token, in a header or by logging in to the console.',
  directives: {
    enabled: enabled('off', 'Off lets everybody in who can reach the port.'),
    type: directive(
      one(choice('basic', 'bearer')),
      'basic',
      'What is asked for: basic is the username and the password; bearer is the token, in the header "Authorization: Bearer TOKEN", or as the password of the user bearer in the console.',
      'bearer',
    ),
    token: directive(
      maybe(text(1024)),
      '',
      'The token for type bearer, or env:NAME or file:PATH which holds it.',
      'env:API_TOKEN',
      { secretFrom: 0 },
    ),
    username: directive(maybe(userName()), '', 'The name of the user.', 'admin'),
    password: directive(
      maybe(text(1024)),
      '',
      'The password, or env:NAME or file:PATH which holds it.',
      'env:API_PASSWORD',
      { secretFrom: 0 },
    ),
  },
});
