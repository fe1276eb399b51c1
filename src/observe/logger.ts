import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import type { Logger } from '../model/logger.ts';
import type { LogOptions } from '../model/options.ts';

/** The process's log: JSON lines, one per event. */
export interface Log {
  readonly logger: Logger;
  /** Opens the log file anew, after logrotate has moved it; nothing on standard output. */
  reopen(): void;
}

/** Logs to a file or standard output. Synchronous, since the last lines before an exit are those that a person needs. */
export function openLog(options: LogOptions): Log {
  const { file, level } = options;
  const target = destination(
    file === undefined ? { dest: 1, sync: true } : { dest: file, mkdir: true, sync: true },
  );
  const logger = createLogger(level, target);
  // A full disk or a vanished folder costs log lines, never the clients.
  const complain = (error: Error) => process.stderr.write(`error: the log ${file ?? ''}: ${error.message}\n`);
  target.on('error', complain);
  const reopen = () => {
    try {
      if (file !== undefined) target.reopen();
    } catch (error) {
      complain(error as Error);
    }
  };
  return { logger, reopen };
}

/** A logger that writes its lines to `stream`. */
export function createLogger(level: LogOptions['level'], stream: DestinationStream): Logger & PinoLogger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream);
}
