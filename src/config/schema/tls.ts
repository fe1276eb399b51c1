import type { CertificateFiles, TlsListenOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { choice, listenAddress, many, maybe, one, onOff, text } from './values.ts';

/** Directives of a block of TLS listeners. */
export interface TlsListenValues extends TlsListenOptions {
  readonly enabled: boolean;
}

/** What `tls { … }` of a vhost sets. */
export type VhostTlsValues = { readonly [K in keyof CertificateFiles]: CertificateFiles[K] | undefined };

const CERT = {
  name: 'cert',
  path: 'read',
  takes: 'one value',
  example: '/etc/letsencrypt/live/example.com/fullchain.pem',
} as const;
const KEY = {
  name: 'key',
  path: 'read',
  takes: 'one value',
  example: '/etc/letsencrypt/live/example.com/privkey.pem',
} as const;
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

function listeners({
  urls,
  whom,
  port,
  protocols,
  because,
}: Particulars): BlockSpec<TlsListenValues>['directives'] {
  return {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: `On listens for clients of ${urls} URLs.`,
      example: 'on',
    },
    listen: {
      name: 'listen',
      takes: 'one or more values',
      read: many(listenAddress()),
      fallback: port,
      doc: `Where ${whom} connect: ports, or addresses with ports.`,
      example: `${port} 127.0.0.1:1${port}`,
    },
    versions: {
      name: 'protocols',
      takes: 'one or more values',
      read: many(choice('TLSv1.2', 'TLSv1.3')),
      fallback: protocols,
      doc: `Versions of TLS that are spoken.${because} Gatecast only.`,
      example: 'TLSv1.2 TLSv1.3',
    },
    cert: { ...CERT, read: one(text(4096)), fallback: './conf/server.crt', doc: CERT_DOC },
    key: { ...KEY, read: one(text(4096)), fallback: './conf/server.key', doc: KEY_DOC },
  };
}

/** Directives of `rtmps { … }`. */
export const RTMPS: BlockSpec<TlsListenValues> = {
  path: ['rtmps'],
  doc: 'RTMP over TLS; docs/tls.md explains it.',
  directives: listeners({
    urls: 'rtmps://',
    whom: 'RTMPS clients',
    port: '1443',
    protocols: 'TLSv1.2',
    because: ' With 1.3 some versions of OBS, and rtmpdump, cannot connect.',
  }),
};

/** Directives of `https { … }` in `http_server`. */
export const HTTPS: BlockSpec<TlsListenValues> = {
  path: ['http_server', 'https'],
  doc: 'The same over TLS; docs/tls.md explains it.',
  directives: listeners({
    urls: 'https:// and wss://',
    whom: 'players over HTTPS',
    port: '8088',
    protocols: 'TLSv1.2 TLSv1.3',
    because: '',
  }),
};

/** Directives of `https { … }` in `http_api`. */
export const API_HTTPS: BlockSpec<TlsListenValues> = {
  path: ['http_api', 'https'],
  doc: 'The same over TLS, beside the port without. A port alone is one of this machine, as there.',
  directives: listeners({
    urls: 'https://',
    whom: 'those who use the API over HTTPS',
    port: '1990',
    protocols: 'TLSv1.2 TLSv1.3',
    because: '',
  }),
};

/** Directives of `tls { … }` in a vhost. */
export const VHOST_TLS: BlockSpec<VhostTlsValues> = {
  path: ['vhost', 'tls'],
  doc: "A certificate of this vhost's own, for TLS clients that name the vhost or a name in the certificate (SNI). All others get that of the listener. Gatecast only.",
  directives: {
    cert: { ...CERT, read: maybe(text(4096)), fallback: '', doc: CERT_DOC },
    key: { ...KEY, read: maybe(text(4096)), fallback: '', doc: KEY_DOC },
  },
};
