import { randomBytes } from 'node:crypto';
import { createHooks, type Hooks, type HooksDeps } from '../hooks/hooks.ts';
import { type Clock, Deadline } from '../model/clock.ts';
import type { ConcealedNames } from '../model/concealed-names.ts';
import type { ServerIds } from '../model/events.ts';
import type { Logger } from '../model/logger.ts';
import type { Config } from '../model/options.ts';
import { type PreparedChange, prepareTogether } from '../model/prepared-change.ts';
import type { PlaylistSequences } from '../model/shared-state.ts';
import { VERSION } from '../model/version.ts';
import { HookMonitor } from './hook-monitor.ts';

/** Time that a stopping server has, at least and after the rest, for what waits for nobody but the machine. */
export const STOP_GRACE_MS = 2_000;

/** Ids of a server and of this run of it, which backends get. */
export function makeIds({ serverId }: Config): ServerIds {
  return { serverId: serverId ?? `vid-${token(7)}`, serviceId: token(8) };
}

function token(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}

/** Notes how to close a part that has been opened. */
export type Opened = (close: () => unknown) => void;

/** Runs a start. If it rejects, the parts that it has opened are closed, the last first, before this rejects too. */
export async function openTogether<T>(start: (opened: Opened) => Promise<T>): Promise<T> {
  const closers: (() => unknown)[] = [];
  try {
    return await start((close) => closers.push(close));
  } catch (error) {
    for (const close of closers.toReversed())
      await Promise.resolve()
        .then(close)
        .catch(() => undefined);
    throw error;
  }
}

/**
 * Everything that a configuration changes, in order. A start commits each change before it asks for the next; a reload
 * prepares all of them before it commits any.
 */
export type Changes = (config: Config) => AsyncIterable<PreparedChange>;

/** Joins the changes of another configuration into one. Rejects, with all rolled back, if one cannot be prepared. */
export function prepareAll(changes: AsyncIterable<PreparedChange>): Promise<PreparedChange> {
  return prepareTogether(async (add) => {
    for await (const change of changes) add(change);
  });
}

/** Runs one task after the other, in the order in which they come; resolves or rejects as the task does. */
export function oneAtATime(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const done = last.then(task);
    last = done.catch(() => undefined);
    return done;
  };
}

/** Hooks of a server, and the monitor that holds its state directory. */
export interface MonitoredHooks {
  readonly hooks: Hooks;
  readonly monitor: HookMonitor;
  /** Stream names that nobody may see. */
  readonly concealed: ConcealedNames;
}

/** Builds hooks and monitor; the first change of each opens what it needs. */
export function buildHooks(
  { stateDir, outbox }: Config,
  deps: Pick<HooksDeps, 'logger' | 'clock'> & { readonly ids: ServerIds },
  opened: Opened,
): MonitoredHooks {
  const { ids, ...rest } = deps;
  const monitor = new HookMonitor(stateDir);
  opened(() => monitor.close());
  const { concealed, observer } = monitor;
  const place = { options: outbox, stateDir };
  const hooks = createHooks({ ...rest, ...ids, version: VERSION, concealed, observer, outbox: place });
  opened(() => hooks.close());
  monitor.serve(hooks);
  return { hooks, monitor, concealed };
}

/** Waits for a part of a stopping server, until a deadline: then it says which one has not ended. */
export function waitingPart(logger: Logger) {
  return async (what: string, deadline: Deadline, work: Promise<unknown>): Promise<void> => {
    if (!(await deadline.bound(work))) logger.warn({ part: what }, 'stop no longer waits for part');
  };
}

/** Parts that a stopping server closes last: by then its clients' events are delivered, or wait in the outbox. */
export interface LastParts {
  readonly api: { close(): Promise<void> } | undefined;
  readonly hooks: Hooks;
  readonly sequences: PlaylistSequences;
  /** Closed after all others, since from then on the state directory may be somebody else's. */
  readonly monitor: HookMonitor | undefined;
}

export async function closeLast(
  { api, hooks, sequences, monitor }: LastParts,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  const part = waitingPart(logger);
  const deadline = new Deadline(clock, STOP_GRACE_MS);
  await part('control API, outbox', deadline, Promise.all([api?.close(), hooks.close(), sequences.flush()]));
  await part('control socket', deadline, Promise.resolve(monitor?.close()));
}
