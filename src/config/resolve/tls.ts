import type { CertificateFiles, TlsListenOptions } from '../../model/options.ts';
import { CertificateError, readCertificate } from '../../tls/read-certificate.ts';
import type { Position } from '../diagnostic.ts';
import type { Report } from '../report.ts';
import type { BlockSpec } from '../schema/spec.ts';
import { RTMPS, type TlsListenValues, VHOST_TLS } from '../schema/tls.ts';
import { whole } from '../source.ts';
import type { Directive } from '../tree.ts';
import { contentOf, nameOf, type ResolveContext, resolveBlock, type Setting } from './block.ts';

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

/** `tls { … }` of a vhost, whose certificate is read wherever the block is there. */
export function resolveVhostTls(
  vhost: readonly Directive[],
  context: ResolveContext,
): ResolvedTls<CertificateFiles> {
  const { values, settings } = resolveBlock(VHOST_TLS, contentOf(vhost, 'tls'), context);
  const { cert, key } = values;
  const [given, missing] = cert === undefined ? (['key', 'cert'] as const) : (['cert', 'key'] as const);
  const at = placeOf(settings, given);
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
    if (tls?.block?.length) report.warn(tls.at, 'tls has no effect while nobody listens for TLS; see rtmps');
  }
}

function resolveListeners(
  block: BlockSpec<TlsListenValues>,
  holder: readonly Directive[],
  context: ResolveContext,
): ResolvedTls<TlsListenOptions> {
  const { values, settings } = resolveBlock(block, contentOf(holder, nameOf(block)), context);
  const { enabled, listen, cert, key } = values;
  if (!enabled) return { options: undefined, settings };
  const enabledAt = placeOf(settings, 'enabled');
  checkCertificate({ cert, key }, settings, enabledAt, context.report);
  return { options: { listen, cert, key }, settings };
}

/** `fallback` is where to tell of a file that the default names. */
function checkCertificate(
  files: CertificateFiles,
  settings: readonly Setting[],
  fallback: Position | undefined,
  report: Report,
): void {
  const placeFor = (of: keyof CertificateFiles) => placeOf(settings, of) ?? fallback ?? whole('');
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

function placeOf(among: readonly (Setting | Directive)[], name: string): Position | undefined {
  const found = among.find((one) => one.name === name);
  if (found === undefined) return undefined;
  const place = 'origin' in found ? found.origin : found.at;
  return typeof place === 'object' ? place : undefined;
}
