import { useState } from 'preact/hooks';

/** A yes or no that this browser remembers, where it may. */
export function useKept(name: string, otherwise: boolean): readonly [boolean, (value: boolean) => void] {
  const [value, setValue] = useState(() => readKept(name, otherwise));
  const keep = (wanted: boolean) => {
    setValue(wanted);
    try {
      localStorage.setItem(`gatecast.${name}`, String(wanted));
    } catch {
      // A browser that remembers nothing shows the default next time.
    }
  };
  return [value, keep];
}

/** Value that this browser remembers by the name. */
export function readKept(name: string, otherwise: boolean): boolean {
  try {
    const kept = localStorage.getItem(`gatecast.${name}`);
    return kept === null ? otherwise : kept === 'true';
  } catch {
    return otherwise;
  }
}
