import { useCallback, useState } from 'preact/hooks';

/** A sentence that is shown for a few seconds. */
export interface Note {
  readonly key: number;
  readonly sentence: string;
  readonly tone: 'good' | 'bad';
}

const SHOWN_MS = { good: 4000, bad: 9000 } as const;
const MOST = 4;

/** Sentences that go away by themselves, the newest last. */
export function useNotes(): {
  readonly notes: readonly Note[];
  readonly say: (sentence: string, tone?: Note['tone']) => void;
} {
  const [notes, setNotes] = useState<readonly Note[]>([]);
  const say = useCallback((sentence: string, tone: Note['tone'] = 'good') => {
    const note = { key: performance.now(), sentence, tone };
    setNotes((before) => [...before, note].slice(-MOST));
    setTimeout(() => setNotes((before) => before.filter((one) => one !== note)), SHOWN_MS[tone]);
  }, []);
  return { notes, say };
}
