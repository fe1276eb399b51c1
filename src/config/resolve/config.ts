import type { Config, LogOptions, OutboxOptions, VhostOptions } from '../../model/options.ts';
import { quote, type Report } from '../report.ts';
import { PROXY_PROTOCOL } from '../schema/access.ts';
import { HTTP_SERVER } from '../schema/http-server.ts';
import { OUTBOX } from '../schema/outbox.ts';
import { ROOT, type RootValues } from '../schema/root.ts';
import { HTTPS, RTMPS } from '../schema/tls.ts';
import { whole } from '../source.ts';
import type { Directive } from '../tree.ts';
import {
  blockSetting,
  contentOf,
  originOf,
  type ResolveContext,
  type ResolvedBlock,
  resolveBlock,
  type Setting,
} from './block.ts';
import { resolveHttpApi } from './http-api.ts';
import { checkAddresses, checkThatListens } from './listen.ts';
import { resolveHttps, resolveRtmps, warnOfUnusedCertificates } from './tls.ts';
import { checkHls, checkServedDir, resolveVhost, warnOfPrivateRecordings } from './vhost.ts';

/** A configuration and where each of its values comes from. */
export interface Resolved {
  readonly config: Config;
  readonly settings: readonly Setting[];
}

const LEVELS: Readonly<Record<RootValues['logLevel'], LogOptions['level']>> = {
  verbose: 'debug',
  info: 'debug',
  debug: 'debug',
  trace: 'info',
  warn: 'warn',
  error: 'error',
};

/** Turns a tree whose names are checked into the configuration; `file` is named where something is missing. */
export function resolveConfig(root: readonly Directive[], file: string, context: ResolveContext): Resolved {
  const { values, settings } = resolveBlock(ROOT, root, context);
  const proxy = resolveBlock(PROXY_PROTOCOL, contentOf(root, 'proxy_protocol'), context);
  const outbox = resolveBlock(OUTBOX, contentOf(root, 'outbox'), context);
  const rtmps = resolveRtmps(root, context);
  const httpContent = contentOf(root, 'http_server');
  const http = resolveBlock(HTTP_SERVER, httpContent, context);
  const https = resolveHttps(httpContent, http.values.enabled, context);
  const playback = { http: http.values, https: https.options, workers: values.workers };
  const httpApi = resolveHttpApi(root, file, playback, context);
  const { report } = context;
  checkOutbox(outbox, report);
  checkThatListens(values.listen, root, file, report);
  checkAddresses(
    [
      { who: 'listen', addresses: values.listen, settings },
      { who: 'rtmps', addresses: rtmps.options?.listen ?? [], settings: rtmps.settings },
      {
        who: 'http_server',
        addresses: http.values.enabled ? http.values.listen : [],
        settings: http.settings,
      },
      { who: 'https', addresses: https.options?.listen ?? [], settings: https.settings },
      ...httpApi.listeners,
    ],
    report,
  );
  const vhosts = resolveVhosts(root, file, values.chunkSize, context);
  checkServedDir(http, values.stateDir, report);
  warnOfPrivateRecordings(vhosts.options, http, report);
  checkHls(vhosts.options, http.values.enabled || https.options !== undefined, whole(file), report);
  const config: Config = {
    listen: values.listen,
    rtmps: rtmps.options,
    maxConnections: values.maxConnections,
    workers: values.workers,
    serverId: values.serverId,
    pidFile: values.pidFile,
    log: resolveLog(values, settings, report),
    strictVhost: values.strictVhost,
    drainTimeoutMs: values.drainTimeoutMs,
    proxyProtocol: proxy.values,
    stateDir: values.stateDir,
    outbox: outbox.values,
    journalSize: values.journalSize,
    httpServer: http.values,
    https: https.options,
    httpApi: httpApi.options,
    vhosts: vhosts.options,
  };
  if (!config.rtmps && !config.https) warnOfUnusedCertificates(root, report);
  const blocks = [
    blockSetting(RTMPS, rtmps.settings, root),
    blockSetting(PROXY_PROTOCOL, proxy.settings, root),
    blockSetting(OUTBOX, outbox.settings, root),
    blockSetting(HTTP_SERVER, [...http.settings, blockSetting(HTTPS, https.settings, httpContent)], root),
    httpApi.setting,
  ];
  return { config: deepFreeze(config), settings: [...settings, ...blocks, ...vhosts.settings] };
}

function checkOutbox({ values, settings }: ResolvedBlock<OutboxOptions>, report: Report): void {
  const at = settings.find(
    ({ name, origin }) => name.startsWith('retry_') && typeof origin === 'object',
  )?.origin;
  if (values.retryMinMs > values.retryMaxMs && typeof at === 'object') {
    report.error(
      at,
      `retry_min is ${values.retryMinMs} and retry_max ${values.retryMaxMs}, expected the first to be no greater`,
    );
  }
}

function resolveVhosts(root: readonly Directive[], file: string, chunkSize: number, context: ResolveContext) {
  const options: VhostOptions[] = [];
  const settings: Setting[] = [];
  const names = new Map<string, Directive>();
  for (const directive of root.filter(({ name, block }) => name === 'vhost' && block !== undefined)) {
    const name = vhostName(directive, names, context.report);
    const vhost = resolveVhost(name ?? '', directive, chunkSize, context);
    if (name === undefined) continue;
    names.set(name, directive);
    settings.push(vhost.setting);
    options.push(vhost.options);
  }
  if (names.size === 0 && context.report.errors.length === 0) {
    context.report.warn(
      whole(file),
      'there is no vhost, so every client is refused; expected vhost __defaultVhost__ { }',
    );
  }
  return { options, settings };
}

function vhostName(
  { args, at }: Directive,
  names: ReadonlyMap<string, Directive>,
  report: Report,
): string | undefined {
  const [name, second] = args;
  if (name === undefined || name.text === '') {
    report.error(at, 'this vhost has no name, expected "vhost NAME {"');
    return undefined;
  }
  if (second !== undefined) report.error(second.at, `a vhost has one name, unexpected ${quote(second.text)}`);
  const first = names.get(name.text);
  if (first === undefined) return name.text;
  report.error(name.at, `vhost ${quote(name.text)} is here twice, expected one (line ${first.at.line})`);
  return undefined;
}

function resolveLog(
  { logTank, logFile, logLevel }: RootValues,
  settings: readonly Setting[],
  report: Report,
): LogOptions {
  const tankAt = originOf('srs_log_tank', settings);
  const fileAt = originOf('srs_log_file', settings);
  if (logTank === 'file' && logFile === undefined && tankAt !== undefined) {
    report.warn(tankAt, 'srs_log_tank is file without a srs_log_file, so the log goes to the console');
  }
  if (tankAt === undefined && fileAt !== undefined) {
    report.warn(
      fileAt,
      'srs_log_file is not used without "srs_log_tank file;", so the log goes to the console',
    );
  }
  return { file: logTank === 'file' ? logFile : undefined, level: LEVELS[logLevel] };
}

/** Freezes a tree of plain objects and arrays; the configuration is a snapshot that nobody changes. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
