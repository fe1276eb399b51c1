import type { CertificateFiles, TlsListenOptions } from '../../model/options.ts';
import { CertificateError, readCertificate } from '../../tls/read-certificate.ts';
import type { Position, Report } from '../report.ts';
import type { BlockSpec } from '../schema/spec.ts';
import { API_HTTPS, HTTPS, RTMPS, type TlsListenValues, VHOST_TLS } from '../schema/tls.ts';
import { whole } from '../source.ts';
import type { Directive } from '../tree.ts';
import { contentOf, nameOf, originOf, type ResolveContext, resolveBlock, type Setting } from './block.ts';

interface ResolvedTls<O> {
  readonly options: O | undefined;
  readonly settings: readonly Setting[];
}

/** `rtmps { … }` of the top level; its certificate is read if it is on. */
export function resolveRtmps(
  root: readonly Directive[],
  context: ResolveContext,
): ResolvedTls<TlsListenOptions> {
  return resolveListeners(RTMPS, root, context);
}

/** `https { … }` of `http_server`, without which it is off. */
export function resolveHttps(
  httpServer: readonly Directive[],
  enabled: boolean,
  context: ResolveContext,
): ResolvedTls<TlsListenOptions> {
  if (enabled) return resolveListeners(HTTPS, httpServer, context);
  const { values, settings } = resolveBlock(HTTPS, contentOf(httpServer, nameOf(HTTPS)), context);
  const at = originOf('enabled', settings);
  if (values.enabled && at) context.report.warn(at, 'https is on and http_server is not, so nobody listens');
  return { options: undefined, settings };
}

/** `https { … }` of `http_api`, without which nothing of it counts. */
export function resolveApiHttps(
  httpApi: readonly Directive[],
  enabled: boolean,
  context: ResolveContext,
): ResolvedTls<TlsListenOptions> {
  if (enabled) return resolveListeners(API_HTTPS, httpApi, context);
  const { settings } = resolveBlock(API_HTTPS, contentOf(httpApi, nameOf(API_HTTPS)), context);
  return { options: undefined, settings };
}

/** `tls { … }` of a vhost, whose certificate is read wherever the block is there. */
export function resolveVhostTls(
  vhost: readonly Directive[],
  context: ResolveContext,
): ResolvedTls<CertificateFiles> {
  const { values, settings } = resolveBlock(VHOST_TLS, contentOf(vhost, 'tls'), context);
  const { cert, key } = values;
  const [given, missing] = cert === undefined ? (['key', 'cert'] as const) : (['cert', 'key'] as const);
  const at = originOf(given, settings);
  if (cert === undefined || key === undefined) {
    if (at) context.report.error(at, `${given} is here without ${missing}, expected both`);
    return { options: undefined, settings };
  }
  checkCertificate({ cert, key }, settings, at, context.report);
  return { options: { cert, key }, settings };
}

/** Tells of vhosts whose certificates nobody is ever shown. */
export function warnOfUnusedCertificates(root: readonly Directive[], report: Report): void {
  for (const { name, block } of root) {
    const tls = name === 'vhost' ? block?.find((inner) => inner.name === 'tls') : undefined;
    if (tls?.block?.length)
      report.warn(tls.at, 'tls has no effect while nobody listens for TLS; see rtmps and https');
  }
}

function resolveListeners(
  block: BlockSpec<TlsListenValues>,
  holder: readonly Directive[],
  context: ResolveContext,
): ResolvedTls<TlsListenOptions> {
  const { values, settings } = resolveBlock(block, contentOf(holder, nameOf(block)), context);
  const { enabled, ...options } = values;
  if (!enabled) return { options: undefined, settings };
  const enabledAt = originOf('enabled', settings);
  checkCertificate(options, settings, enabledAt, context.report);
  return { options, settings };
}

/** `fallback` is where to tell of a file that the default names. */
function checkCertificate(
  files: CertificateFiles,
  settings: readonly Setting[],
  fallback: Position | undefined,
  report: Report,
): void {
  const placeFor = (of: keyof CertificateFiles) => originOf(of, settings) ?? fallback ?? whole('');
  try {
    const { endsAt, leaf } = readCertificate(files);
    if (endsAt < Date.now())
      report.warn(
        placeFor('cert'),
        `the certificate in "${files.cert}" has expired: it was valid until ${leaf.validTo}`,
      );
  } catch (fault) {
    if (!(fault instanceof CertificateError)) throw fault;
    report.error(placeFor(fault.of), `${fault.of} ${fault.message}`);
  }
}
