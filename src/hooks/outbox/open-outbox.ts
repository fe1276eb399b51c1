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
    failed: (why) =>
      trouble.note('disk', { directory: stateDir, why }, 'the outbox cannot write to its disk'),
    recovered: () => logger.info({ directory: stateDir }, 'the outbox is on its disk again'),
    damaged: (damage) =>
      logger.error({ ...damage }, 'a file of the outbox is damaged: what can be read of it is taken over'),
    outdated: (file, movedTo) =>
      logger.warn(
        { file, movedTo },
        'the outbox of an earlier version cannot be read: its events are not delivered',
      ),
  });
  return new Outbox({ ...deps, options, store, time: new SteadyTime(clock) });
}
