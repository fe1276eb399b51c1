import { X509Certificate } from 'node:crypto';
import { CLOSING_ACTIONS, GATE_ACTIONS } from '../../model/lifecycle.ts';
import type { HookOptions } from '../../model/options.ts';
import type { Position } from '../diagnostic.ts';
import { quote, type Report } from '../report.ts';
import type { HookValues } from '../schema/http-hooks.ts';
import { readText } from '../source.ts';
import type { Setting } from './block.ts';

/** `http_hooks { … }` as the hooks room wants it; reads the file of trusted certificates. */
export function resolveHooks(values: HookValues, settings: readonly Setting[], report: Report): HookOptions {
  const originOf = (name: string): Position | undefined => {
    const origin = settings.find((setting) => setting.name === name)?.origin;
    return typeof origin === 'object' ? origin : undefined;
  };
  const insecureAt = originOf('tls_insecure');
  if (values.insecure && insecureAt !== undefined) {
    report.warn(
      insecureAt,
      'tls_insecure on accepts every certificate: whoever is in between can answer for the backend',
    );
  }
  const caAt = originOf('tls_ca_file');
  return {
    enabled: values.enabled,
    schema: values.schema,
    urls: Object.fromEntries(
      [...GATE_ACTIONS, ...CLOSING_ACTIONS].flatMap((action) => {
        return values[action].length === 0 ? [] : [[action, values[action]]];
      }),
    ),
    connectTimeoutMs: values.connectTimeoutMs,
    timeoutMs: values.timeoutMs,
    retries: 0,
    onError: 'deny',
    cacheMs: 0,
    cacheKey: ['vhost', 'app', 'stream', 'param', 'ip'],
    policies: {},
    secrets: [],
    headers: [],
    maxConnections: 64,
    maxQueue: 10_000,
    breaker: { failures: 0, openMs: 10_000 },
    updateMs: 30_000,
    ca:
      values.caFile === undefined || caAt === undefined
        ? undefined
        : readCertificates(values.caFile, caAt, report),
    insecure: values.insecure,
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

function readCertificates(file: string, at: Position, report: Report): string | undefined {
  const text = readText(file, report, at);
  if (text === undefined) return undefined;
  const certificates = text.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
    if (certificates.length > 0) return text;
  } catch {
    // Said below, like a file that has none.
  }
  report.error(at, `tls_ca_file ${quote(file)} holds no readable certificates, expected PEM`);
  return undefined;
}
