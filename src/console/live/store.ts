import { useEffect, useState } from 'preact/hooks';

/** A value that changes, and who looks at it. */
export class Store<T> {
  #value: T;
  readonly #lookers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const looker of this.#lookers) looker(value);
  }

  /** Calls back with each new value until the returned function is called. */
  watch(looker: (value: T) => void): () => void {
    this.#lookers.add(looker);
    return () => this.#lookers.delete(looker);
  }
}

/** The value of a store; renders again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState<{ readonly held: T }>({ held: store.value });
  useEffect(() => {
    setValue({ held: store.value });
    return store.watch((held) => setValue({ held }));
  }, [store]);
  return value.held;
}
