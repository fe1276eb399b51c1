import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createHooks, type Hooks, type OutboxPlace } from '../../src/hooks/hooks.ts';
import type { Gate } from '../../src/model/authorization.ts';
import type { Clock } from '../../src/model/clock.ts';
import type { BreakerState, Delivery, HookObserver } from '../../src/model/delivery.ts';
import type { ClosingEvent, EventFacts, GateEvent } from '../../src/model/events.ts';
import type { Logger } from '../../src/model/logger.ts';
import type { HookOptions, OutboxOptions } from '../../src/model/options.ts';
import { committed } from '../../src/model/prepared-change.ts';
import { systemClock } from '../../src/model/process-clock.ts';
import { NO_HOOKS, OUTBOX } from '../support/options.ts';
import { type Script, type ScriptedBackend, startBackend, startRaw } from './scripted-backend.ts';

export const FACTS: EventFacts = {
  client: { number: 7, id: 'a1b2c3d4', ip: '203.0.113.9' },
  vhost: 'live.example.com',
  app: 'live',
  stream: 'cam',
  param: '?token=t',
  tcUrl: 'rtmp://live.example.com/live',
  pageUrl: 'http://example.com/watch',
};

export const gateEvent = (action: GateEvent['action'], facts: Partial<EventFacts> = {}): GateEvent => ({
  ...FACTS,
  ...facts,
  action,
});

export const closingEvent = (
  action: ClosingEvent['action'],
  facts: Partial<ClosingEvent> = {},
): ClosingEvent => ({
  ...FACTS,
  reason: 'client',
  durationMs: 1500.4,
  sendBytes: 3000,
  recvBytes: 400,
  ...facts,
  action,
});

export const hookOptions = (urls: HookOptions['urls'], options: Partial<HookOptions> = {}): HookOptions => ({
  ...NO_HOOKS,
  enabled: true,
  urls,
  timeoutMs: 10_000,
  ...options,
});

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: { readonly url?: string; readonly reason?: string; readonly dropped?: number };
}

/** A logger that keeps its lines. */
export function keepingLogger(): Logger & { lines: Line[]; at(...levels: string[]): Line[] } {
  const lines: Line[] = [];
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } });
  };
  const logger = {
    lines,
    at: (...levels: string[]) => lines.filter((line) => levels.includes(line.level)),
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => logger,
  };
  return logger;
}

/** A clock whose timers go off only when the test says so. */
export function handClock(): Clock & { advance(ms: number): void; pending(): number } {
  let now = 0;
  const timers = new Set<{ at: number; task: () => void }>();
  return {
    now: () => now,
    awake: () => now,
    after(ms, task) {
      const timer = { at: now + ms, task };
      timers.add(timer);
      return { clear: () => void timers.delete(timer) };
    },
    endOfTurn: (task) => void setImmediate(task),
    advance(ms) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.task();
      }
    },
    pending: () => timers.size,
  };
}

export const SERVER = { serverId: 'vid-0000001', serviceId: 'svc00001' };

/** An observer that remembers. */
export function keepingObserver(): HookObserver & {
  deliveries: Delivery[];
  /** States of origins. */
  breakers: BreakerState[];
  /** `state URL`. */
  urls: string[];
  reach: boolean[];
  hits: number;
} {
  const observer = {
    deliveries: [] as Delivery[],
    breakers: [] as BreakerState[],
    urls: [] as string[],
    reach: [] as boolean[],
    hits: 0,
    delivered: (delivery: Delivery) => void observer.deliveries.push(delivery),
    breaker(_origin: string, state: BreakerState, url?: string) {
      if (url === undefined) observer.breakers.push(state);
      else observer.urls.push(`${state} ${url}`);
    },
    reachable: (_origin: string, isReachable: boolean) => void observer.reach.push(isReachable),
    cached: () => void observer.hits++,
  };
  return observer;
}

/** An outbox that ends with the test. */
const IN_MEMORY: OutboxPlace = { options: OUTBOX, stateDir: '' };

/** Hooks that are closed at the end of the test. */
export function openHooks(clock: Clock = systemClock, outbox: OutboxPlace = IN_MEMORY) {
  const logger = keepingLogger();
  const observer = keepingObserver();
  const hooks = createHooks({ logger, clock, ...SERVER, version: '0.1.0', observer, outbox });
  onTestFinished(() => hooks.close());
  return { hooks, logger, observer };
}

/** The gate of a configuration, which counts from now on. */
export function gateFor(
  hooks: Hooks,
  vhosts: ReadonlyMap<string, HookOptions>,
  outbox: OutboxOptions = OUTBOX,
): Gate {
  const { gate } = committed(hooks.prepare(vhosts));
  committed(hooks.prepareOutbox(vhosts, outbox));
  return gate;
}

export function openGate(
  urls: HookOptions['urls'],
  options: Partial<HookOptions> = {},
  clock: Clock = systemClock,
) {
  const { hooks, logger, observer } = openHooks(clock);
  return {
    hooks,
    logger,
    observer,
    gate: gateFor(hooks, new Map([[FACTS.vhost, hookOptions(urls, options)]])),
  };
}

/** A backend that is closed at the end of the test. */
export async function backend(
  script: Script,
  options?: { https?: boolean; port?: number },
): Promise<ScriptedBackend> {
  const started = await startBackend(script, options);
  onTestFinished(() => started.close());
  return started;
}

/** A raw TCP peer that is closed at the end of the test. */
export async function raw(onSocket: (socket: Socket) => void): Promise<string> {
  const started = await startRaw(onSocket);
  onTestFinished(() => started.close());
  return started.origin;
}

/** A signal of a client that stays. */
export const staying = () => new AbortController().signal;
