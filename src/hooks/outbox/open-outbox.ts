import type { OutboxOptions } from '../../model/options.ts';
import { Outbox, type OutboxDeps } from './outbox.ts';
import { SteadyTime } from './steady-time.ts';
import { Store } from './store.ts';
import { TroubleLog } from './trouble-log.ts';

/** Where the outbox is kept. */
export interface OutboxPlace {
  readonly options: OutboxOptions;
  readonly stateDir: string;
}

/** Opens the outbox; what earlier runs left in it waits for `recover`. Throws a sentence if it cannot be kept there. */
export function openOutbox(
  { options, stateDir }: OutboxPlace,
  deps: Omit<OutboxDeps, 'store' | 'options' | 'time'>,
): Outbox {
  const { clock, logger } = deps;
  const trouble = new TroubleLog(clock, logger);
  const store = new Store(options.enabled ? stateDir : undefined, clock, {
    failed: (why) => trouble.note('disk', { directory: stateDir, why }, 'outbox cannot write to disk'),
    recovered: () => logger.info({ directory: stateDir }, 'outbox writes to disk again'),
    damaged: (damage) => logger.error({ ...damage }, 'outbox file damaged, readable records recovered'),
    outdated: (file, movedTo) => logger.warn({ file, movedTo }, 'outbox of an earlier version ignored'),
  });
  return new Outbox({ ...deps, options, store, time: new SteadyTime(clock) });
}
