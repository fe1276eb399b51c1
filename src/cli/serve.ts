import { type Diagnostic, formatDiagnostic, loadConfig } from '../config/index.ts';
import type { Config } from '../model/options.ts';
import { type Log, openLog } from '../observe/logger.ts';
import { createPrimary, workerCount } from '../primary.ts';
import { createServer, type Server } from '../server.ts';
import { VERSION } from '../version.ts';
import { writePidFile } from './pid-file.ts';

/** A server of one process or of several. */
interface Running extends Pick<Server, 'addresses' | 'reload' | 'stop'> {
  /** Processes that serve clients. */
  readonly workers: number;
  clients(): number;
  reopenLogs(): void;
}

/** Runs the server until a signal stops it: SIGTERM or SIGINT drain, SIGHUP reloads `file`, SIGUSR1 reopens the log. */
export async function serve(file: string, config: Config): Promise<void> {
  let removePidFile = () => {};
  let log: Log;
  let server: Running;
  try {
    log = openLogOf(config);
    if (config.pidFile !== undefined) removePidFile = writePidFile(config.pidFile);
    server = await start(config, log);
  } catch (error) {
    removePidFile();
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
    return;
  }
  const { logger } = log;
  let work = Promise.resolve();
  process.on('SIGHUP', () => {
    // One after the other: a second SIGHUP must not overtake the first.
    work = work.then(() => reload(file, config, server, logger));
  });
  process.on('SIGUSR1', () => server.reopenLogs());
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      logger.warn({ signal }, 'stopping at once, without waiting for events that are still on their way');
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal, clients: server.clients() }, 'stopping');
    void work
      .then(() => server.stop())
      .then(() => {
        removePidFile();
        logger.info({}, 'stopped');
        process.exit(0);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Whoever reads this may send signals from now on.
  logger.info(
    {
      version: VERSION,
      pid: process.pid,
      workers: server.workers,
      config: file,
      listen: server.addresses,
    },
    'gatecast is listening',
  );
}

async function start(config: Config, { logger, reopen }: Log): Promise<Running> {
  const workers = workerCount(config);
  if (workers > 1) {
    const primary = await createPrimary(config, { logger });
    const reopenLogs = () => {
      reopen();
      primary.reopenLogs();
    };
    return running(primary, workers, () => primary.connections, reopenLogs);
  }
  const server = await createServer(config, { logger });
  return running(server, workers, () => server.connections, reopen);
}

function running(
  server: Pick<Server, 'addresses' | 'reload' | 'stop'>,
  workers: number,
  clients: () => number,
  reopenLogs: () => void,
): Running {
  return {
    get addresses() {
      return server.addresses;
    },
    reload: (config) => server.reload(config),
    stop: () => server.stop(),
    workers,
    clients,
    reopenLogs,
  };
}

/** What a reload cannot change about where events are kept, a sentence each. */
function lasting(started: Config, wanted: Config): string[] {
  const until = 'until the server is started again';
  const kept = started.outbox.enabled;
  return [
    ...(wanted.stateDir === started.stateDir ? [] : [`state_dir stays ${started.stateDir} ${until}`]),
    ...(wanted.outbox.enabled === kept ? [] : [`outbox stays ${kept ? 'on' : 'off'} ${until}`]),
  ];
}

function openLogOf({ log }: Config): Log {
  try {
    return openLog(log);
  } catch (error) {
    throw new Error(`cannot write the log file ${log.file}: ${(error as Error).message}`, { cause: error });
  }
}

/** `started` is the configuration with which the process began. */
async function reload(
  file: string,
  started: Config,
  server: Running,
  logger: ReturnType<typeof openLog>['logger'],
): Promise<void> {
  const result = loadConfig(file, process.env);
  const texts = (diagnostics: readonly Diagnostic[]) => diagnostics.map(formatDiagnostic);
  if (!result.ok) {
    logger.error(
      { config: file, errors: texts(result.errors) },
      'the configuration was refused; the old one stays',
    );
    return;
  }
  try {
    await server.reload(result.config);
    const warnings = texts(result.warnings);
    if (workerCount(result.config) !== server.workers) {
      warnings.push(`workers stays ${server.workers} until the server is started again`);
    }
    warnings.push(...lasting(started, result.config));
    logger.info({ config: file, warnings, listen: server.addresses }, 'configuration reloaded');
  } catch (error) {
    logger.error(
      { config: file, errors: [(error as Error).message] },
      'the configuration was refused; the old one stays',
    );
  }
}
