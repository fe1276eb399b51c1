/** What every room may say: one structured line per event that a person cares about. pino satisfies it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger whose lines all carry these fields too. */
  child(fields: Record<string, unknown>): Logger;
}
