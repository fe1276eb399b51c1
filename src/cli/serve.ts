import { type Diagnostic, formatDiagnostic, loadConfig } from '../config/index.ts';
import type { Config } from '../model/options.ts';
import { type Log, openLog } from '../observe/logger.ts';
import { createPrimary, workerCount } from '../primary.ts';
import { createServer, type Server } from '../server.ts';
import { VERSION } from '../version.ts';
import { writePidFile } from './pid-file.ts';

/** A server of one process or of several. */
interface Running extends Pick<Server, 'addresses' | 'reload' | 'stop'> {
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
    work = work.then(() => reload(file, server, logger));
  });
  process.on('SIGUSR1', () => server.reopenLogs());
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      logger.warn({ signal }, 'stopping at once: closing hooks that are still on their way are lost');
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
      workers: workerCount(config),
      config: file,
      listen: server.addresses,
    },
    'gatecast is listening',
  );
}

async function start(config: Config, log: Log): Promise<Running> {
  const { logger } = log;
  if (workerCount(config) === 1) {
    const server = await createServer(config, { logger });
    return running(
      server,
      () => server.door.connections,
      () => log.reopen(),
    );
  }
  const primary = await createPrimary(config, { logger });
  const reopenLogs = () => {
    log.reopen();
    primary.reopenLogs();
  };
  return running(primary, () => primary.connections, reopenLogs);
}

function running(
  server: Pick<Server, 'addresses' | 'reload' | 'stop'>,
  clients: () => number,
  reopenLogs: () => void,
): Running {
  return {
    get addresses() {
      return server.addresses;
    },
    reload: (config) => server.reload(config),
    stop: () => server.stop(),
    clients,
    reopenLogs,
  };
}

function openLogOf({ log }: Config): Log {
  try {
    return openLog(log);
  } catch (error) {
    throw new Error(`cannot write the log file ${log.file}: ${(error as Error).message}`, { cause: error });
  }
}

async function reload(
  file: string,
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
    logger.info(
      { config: file, warnings: texts(result.warnings), listen: server.addresses },
      'configuration reloaded',
    );
  } catch (error) {
    logger.error(
      { config: file, errors: [(error as Error).message] },
      'the configuration was refused; the old one stays',
    );
  }
}
