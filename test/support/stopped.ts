import { onTestFinished } from 'vitest';

/** Something that runs until it is told to stop. */
export interface Running {
  stop(): unknown;
}

/** Sees that what a test has started is stopped when the test ends, however it ends. */
export function stopped<T extends Running>(running: T): T {
  onTestFinished(async () => {
    await running.stop();
  });
  return running;
}
