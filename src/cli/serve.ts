import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigControl } from '../model/control.ts';
import type { Config } from '../model/options.ts';
import { VERSION } from '../model/version.ts';
import { type Log, openLog } from '../observe/logger.ts';
import { createPrimary, workerCount } from '../server/primary.ts';
import { createServer, type Server } from '../server/server.ts';
import { ConfigFile } from './config-file.ts';
import { lackForConnections } from './open-files.ts';
import type { Loaded } from './read-config.ts';
import { notesOfReload } from './reload-notes.ts';

/** A server of one process or of several. */
interface Running extends Pick<Server, 'addresses' | 'api' | 'reload' | 'stop'> {
  /** Processes that serve clients. */
  readonly workers: number;
  clients(): number;
  reopenLogs(): void;
}

/** Runs the server until a signal stops it: SIGTERM or SIGINT drain, SIGHUP reloads `file`, SIGUSR1 reopens the log. */
export async function serve(file: string, loaded: Loaded): Promise<void> {
  const { config } = loaded;
  let removePidFile = () => {};
  let log: Log;
  let server: Running;
  const configFile = new ConfigFile(
    file,
    loaded,
    async (next) => {
      await server.reload(next);
      const lack = lackForConnections(next, server.workers);
      return [...notesOfReload(config, next), ...(lack === undefined ? [] : [lack])];
    },
    (outcome) => {
      const { warnings } = outcome;
      if (outcome.ok) {
        log.logger.info({ config: file, warnings, listen: server.addresses }, 'configuration reloaded');
      } else {
        const { errors } = outcome;
        log.logger.error({ config: file, errors }, 'reload refused, old configuration stays');
      }
    },
  );
  try {
    log = openLogOf(config);
    if (config.pidFile !== undefined) removePidFile = writePidFile(config.pidFile);
    server = await start(config, log, configFile);
  } catch (error) {
    removePidFile();
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
    return;
  }
  const { logger } = log;
  const lack = lackForConnections(config, server.workers);
  if (lack !== undefined) logger.warn({ why: lack }, 'open file limit too low for max_connections');
  process.on('SIGHUP', () => void configFile.reload());
  process.on('SIGUSR1', () => server.reopenLogs());
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) {
      logger.warn({ signal }, 'stopping now, pending events not awaited');
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal, clients: server.clients() }, 'stopping');
    void configFile.settled
      .then(() => server.stop())
      .then(() => {
        removePidFile();
        logger.info({}, 'stopped');
        process.exit(0);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Signals may come from now on.
  logger.info(
    {
      version: VERSION,
      pid: process.pid,
      workers: server.workers,
      config: file,
      listen: server.addresses,
      ...(server.api ? { api: server.api } : {}),
    },
    'gatecast is listening',
  );
}

async function start(
  config: Config,
  { logger, reopen }: Log,
  configuration: ConfigControl,
): Promise<Running> {
  const workers = workerCount(config);
  if (workers > 1) {
    const primary = await createPrimary(config, { logger, configuration });
    const reopenLogs = () => {
      reopen();
      primary.reopenLogs();
    };
    return running(primary, workers, () => primary.connections, reopenLogs);
  }
  const server = await createServer(config, { logger, configuration });
  return running(server, workers, () => server.connections, reopen);
}

function running(
  server: Pick<Server, 'addresses' | 'api' | 'reload' | 'stop'>,
  workers: number,
  clients: () => number,
  reopenLogs: () => void,
): Running {
  return {
    get addresses() {
      return server.addresses;
    },
    get api() {
      return server.api;
    },
    reload: (config) => server.reload(config),
    stop: () => server.stop(),
    workers,
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

/** Writes our process id. Throws a sentence if the file names another process that is alive. Returns what removes it. */
function writePidFile(file: string): () => void {
  const other = readPid(file);
  if (other !== undefined && other !== process.pid && isAlive(other)) {
    throw new Error(`the pid file ${file} names process ${other}, which is running: stop it or change "pid"`);
  }
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${process.pid}\n`);
  } catch (error) {
    throw new Error(`cannot write the pid file ${file}: ${(error as Error).message}`, { cause: error });
  }
  return () => {
    if (readPid(file) === process.pid) rmSync(file, { force: true });
  };
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
