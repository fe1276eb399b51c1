/** Gatecast as a library: the same server, embedded. */
export {
  type Diagnostic,
  formatDiagnostic,
  type LoadResult,
  loadConfig,
  parseConfigText,
} from './config/index.ts';
export type { Clock, Timer } from './model/clock.ts';
export type {
  ClosingEvent,
  Gate,
  GateEvent,
  Grant,
  NoticeEvent,
  SealedEvent,
  TellEvent,
  Verdict,
} from './model/lifecycle.ts';
export type { Logger } from './model/logger.ts';
export type { Config, VhostOptions } from './model/options.ts';
export { createServer, type Server, type ServerDeps } from './server.ts';
export { type ClientOptions, ClientSession, RtmpRefusal } from './session/client-session.ts';
export { VERSION } from './version.ts';
