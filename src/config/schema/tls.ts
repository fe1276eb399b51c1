import type { CertificateFiles, TlsListenOptions } from '../../model/options.ts';
import { type BlockSpec, block, type Directive, directive } from './spec.ts';
import { choice, enabled, listenAddress, many, maybe, one, text } from './values.ts';

/** Directives of a block of TLS listeners. */
export interface TlsListenValues extends TlsListenOptions {
  readonly enabled: boolean;
}

/** Directives of `tls { … }` in a vhost. */
export type VhostTlsValues = { readonly [K in keyof CertificateFiles]: CertificateFiles[K] | undefined };

const CERT_EXAMPLE = '/etc/letsencrypt/live/example.com/fullchain.pem';
const KEY_EXAMPLE = '/etc/letsencrypt/live/example.com/privkey.pem';
const CERT_DOC =
  'Certificate in PEM form, with those that lead from it to one that clients know. Looked at every few seconds: a new one counts from the next client on.';
const KEY_DOC = 'Private key of the certificate, in PEM form, without a passphrase.';

interface Particulars {
  readonly urls: string;
  readonly whom: string;
  readonly port: string;
  readonly protocols: string;
  /** Why not others. */
  readonly because: string;
}

function listeners({ urls, whom, port, protocols, because }: Particulars): {
  readonly [K in keyof TlsListenValues]: Directive<TlsListenValues[K]>;
} {
  return {
    enabled: enabled('off', `On listens for clients of ${urls} URLs.`),
    listen: directive(
      many(listenAddress()),
      port,
      `Where ${whom} connect: ports, or addresses with ports.`,
      `${port} 127.0.0.1:1${port}`,
    ),
    versions: directive(
      many(choice('TLSv1.2', 'TLSv1.3')),
      protocols,
      `Versions of TLS that are spoken.${because} Gatecast only.`,
      'TLSv1.2 TLSv1.3',
      { name: 'protocols' },
    ),
    cert: directive(one(text(4096)), './conf/server.crt', CERT_DOC, CERT_EXAMPLE, { path: 'read' }),
    key: directive(one(text(4096)), './conf/server.key', KEY_DOC, KEY_EXAMPLE, { path: 'read' }),
  };
}

/** Directives of `rtmps { … }`. */
export const RTMPS: BlockSpec<TlsListenValues> = block({
  path: ['rtmps'],
  doc: 'RTMP over TLS; docs/tls.md explains it.',
  directives: listeners({
    urls: 'rtmps://',
    whom: 'RTMPS clients',
    port: '1443',
    protocols: 'TLSv1.2',
    because: ' With 1.3 some versions of OBS, and rtmpdump, cannot connect.',
  }),
});

/** Directives of `https { … }` in `http_server`. */
export const HTTPS: BlockSpec<TlsListenValues> = block({
  path: ['http_server', 'https'],
  doc: 'The same over TLS; docs/tls.md explains it.',
  directives: listeners({
    urls: 'https:// and wss://',
    whom: 'players over HTTPS',
    port: '8088',
    protocols: 'TLSv1.2 TLSv1.3',
    because: '',
  }),
});

/** Directives of `https { … }` in `http_api`. */
export const API_HTTPS: BlockSpec<TlsListenValues> = block({
  path: ['http_api', 'https'],
  doc: 'The same over TLS, beside the port without. A port alone is one of this machine, as there.',
  directives: listeners({
    urls: 'https://',
    whom: 'those who use the API over HTTPS',
    port: '1990',
    protocols: 'TLSv1.2 TLSv1.3',
    because: '',
  }),
});

/** Directives of `tls { … }` in a vhost. */
export const VHOST_TLS: BlockSpec<VhostTlsValues> = block({
  path: ['vhost', 'tls'],
  doc: "A certificate of this vhost's own, for TLS clients that name the vhost or a name in the certificate (SNI). All others get that of the listener. Gatecast only.",
  directives: {
    cert: directive(maybe(text(4096)), '', CERT_DOC, CERT_EXAMPLE, { path: 'read' }),
    key: directive(maybe(text(4096)), '', KEY_DOC, KEY_EXAMPLE, { path: 'read' }),
  },
});
