/** Gatecast as a library: the same server, embedded. */
export {
  type Diagnostic,
  formatDiagnostic,
  type LoadResult,
  loadConfig,
  parseConfigText,
} from './config/index.ts';
export type { Authorizer, EventSink, Gate, Grant, Verdict } from './model/authorization.ts';
export type { Clock, Timer } from './model/clock.ts';
export type { ClosingEvent, EmittedEvent, GateEvent, NoticeEvent, PersistedEvent } from './model/events.ts';
export type { Logger } from './model/logger.ts';
export type { Config, VhostOptions } from './model/options.ts';
export { VERSION } from './model/version.ts';
export { type ClientOptions, ClientSession, RtmpRefusal } from './rtmp/client-session.ts';
export { createServer, type Server, type ServerDeps } from './server/server.ts';
