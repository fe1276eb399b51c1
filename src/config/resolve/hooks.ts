import { X509Certificate } from 'node:crypto';
import { ACTIONS, type Action, isQuestion } from '../../model/events.ts';
import type { HookName, HookOptions, HookPolicy } from '../../model/options.ts';
import { type Position, quote, type Report } from '../report.ts';
import { HOOK_POLICY, type HookValues, HTTP_HOOKS, POLICY } from '../schema/http-hooks.ts';
import { readText } from '../source.ts';
import type { Directive } from '../tree.ts';
import { originOf, type ResolveContext, resolveBlock, type Setting } from './block.ts';
import { resolveHeaders, resolveSecrets } from './secrets.ts';

/** The hooks of a vhost, and what to print of them. */
interface ResolvedHooks {
  readonly options: HookOptions;
  readonly settings: readonly Setting[];
}

const HOOK_NAMES: readonly HookName[] = [...ACTIONS, 'on_done', 'on_hls_notify'];

/** `http_hooks { … }` as the hooks room wants it; reads the files of secrets and of trusted certificates. */
export function resolveHooks(
  content: readonly Directive[],
  notifyBytes: number,
  context: ResolveContext,
): ResolvedHooks {
  const { values, settings } = resolveBlock(HTTP_HOOKS, content, context);
  const { report } = context;
  const insecureAt = originOf('tls_insecure', settings);
  if (values.insecure && insecureAt !== undefined) {
    report.warn(
      insecureAt,
      'tls_insecure on accepts every certificate: whoever is in between can answer for the backend',
    );
  }
  const caAt = originOf('tls_ca_file', settings);
  const policies = resolvePolicies(content, values, context);
  const options: HookOptions = {
    ...policyOf(values),
    enabled: values.enabled,
    schema: values.schema,
    urls: Object.fromEntries(
      HOOK_NAMES.flatMap((name) => (values[name].length === 0 ? [] : [[name, values[name]]])),
    ),
    policies: policies.options,
    secrets: resolveSecrets(values, settings, context),
    headers: resolveHeaders(values, settings, context),
    maxConnections: values.maxConnections,
    maxQueue: values.maxQueue,
    breaker: { failures: values.breakerFailures, openMs: values.breakerOpenMs },
    updateMs: values.updateMs,
    ca:
      values.caFile === undefined || caAt === undefined
        ? undefined
        : readCertificates(values.caFile, caAt, report),
    insecure: values.insecure,
    notifyBytes,
  };
  return { options, settings: [...settings, ...policies.settings] };
}

function resolvePolicies(content: readonly Directive[], defaults: HookValues, context: ResolveContext) {
  const options: Partial<Record<Action, HookPolicy>> = {};
  const settings: Setting[] = [];
  for (const action of ACTIONS) {
    const block = content.find(({ name, args }) => name === 'policy' && args[0]?.text === action);
    const own = resolveBlock({ ...POLICY, path: [...POLICY.path, action] }, block?.block ?? [], context);
    const given = own.settings.filter(({ origin }) => origin !== 'unset');
    if (given.length > 0) {
      warnOfIdle(action, given, context.report);
      settings.push({ name: 'policy', args: [action], block: given, origin: block?.at ?? 'default' });
    }
    // A backend that is down for a moment must not end what is running: on_error is about who comes in.
    const lenient = action === 'on_update' && defaults.on_update.length > 0;
    if (given.length === 0 && !lenient) continue;
    const inherited = { ...policyOf(defaults), ...(lenient ? { onError: 'allow' as const } : {}) };
    options[action] = policyOf({ ...inherited, ...definedOf(own.values) });
  }
  return { options, settings };
}

const TOLD = new Set([HOOK_POLICY.connectTimeoutMs.name, HOOK_POLICY.timeoutMs.name]);

/** An event that is told, not asked, knows no other policy: the outbox repeats it until it is taken. */
function warnOfIdle(action: Action, given: readonly Setting[], report: Report): void {
  if (isQuestion(action)) return;
  for (const { name, origin } of given) {
    if (!TOLD.has(name) && typeof origin === 'object')
      report.warn(origin, `${name} has no effect on ${action}, which is told and not asked; see outbox`);
  }
}

function policyOf({
  connectTimeoutMs,
  timeoutMs,
  retries,
  onError,
  cacheMs,
  cacheKey,
}: HookPolicy): HookPolicy {
  return { connectTimeoutMs, timeoutMs, retries, onError, cacheMs, cacheKey };
}

function definedOf<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
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
