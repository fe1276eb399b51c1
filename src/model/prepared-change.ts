/** A change of which all that can fail has been done, and of which nobody has noticed anything yet. */
export interface PreparedChange {
  /** Makes it so. Never throws. */
  commit(): void;
  /** Gives back what preparing it took, instead of `commit`. Never throws. */
  rollBack(): void | Promise<void>;
}

/** A change that takes nothing to prepare. */
export function changeBy(commit: () => void): PreparedChange {
  return { commit, rollBack: () => undefined };
}

/** The change, which counts from now on. */
export function committed<C extends PreparedChange>(change: C): C {
  change.commit();
  return change;
}

/**
 * Joins all that `prepare` adds into one change, committed in that order. If it rejects, what it has added by then is
 * rolled back, the last first, before this rejects for the same reason.
 */
export async function prepareTogether(
  prepare: (add: <C extends PreparedChange>(change: C) => C) => void | Promise<void>,
): Promise<PreparedChange> {
  const changes: PreparedChange[] = [];
  const together: PreparedChange = {
    commit() {
      for (const change of changes) change.commit();
    },
    async rollBack() {
      for (const change of changes.toReversed()) await change.rollBack();
    },
  };
  try {
    await prepare((change) => {
      changes.push(change);
      return change;
    });
  } catch (error) {
    await together.rollBack();
    throw error;
  }
  return together;
}
