/** Who has to know whether a backend may have heard of a question: whoever keeps a record of it. */
export interface QuestionWatcher {
  /** It is about to be sent. What is returned is waited for. */
  beforeSend(): Promise<void> | undefined;
  /** It has been sent, or an answer to the same question has been found. */
  sent(): void;
  /** It was not sent after all, and waits again. */
  unsent(): void;
}

/** Those who watch one question that is asked for all of them. */
export class QuestionWatchers implements QuestionWatcher {
  readonly #watchers = new Set<QuestionWatcher>();
  #isSent = false;

  /** One more who asks the same. */
  add(watcher: QuestionWatcher): void {
    if (this.#isSent) watcher.sent();
    else this.#watchers.add(watcher);
  }

  beforeSend(): Promise<void> | undefined {
    const waits = Array.from(this.#watchers, (watcher) => watcher.beforeSend()).filter(
      (wait) => wait !== undefined,
    );
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  sent(): void {
    this.#isSent = true;
    for (const watcher of this.#watchers) watcher.sent();
    this.#watchers.clear();
  }

  unsent(): void {
    for (const watcher of this.#watchers) watcher.unsent();
  }
}
