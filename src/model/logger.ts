/** Structured log: one line per event that a person cares about. pino satisfies it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger whose lines all carry these fields too. */
  child(fields: Record<string, unknown>): Logger;
}

/** The same log, where all that is no error is a debug line: for what somebody else tells. */
export function hushed(log: Logger): Logger {
  const debug: Logger['debug'] = (fields, message) => log.debug(fields, message);
  return {
    debug,
    info: debug,
    warn: debug,
    error: (fields, message) => log.error(fields, message),
    child: (fields) => hushed(log.child(fields)),
  };
}
