import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Delivery } from '../api/contract.ts';
import { plural } from '../format/amounts.ts';

/** A screen reader hears of new deliveries no more often than this. */
const EVERY_MS = 8000;

/** Says, now and then, how many deliveries have come. */
export function Announcer({ deliveries }: { readonly deliveries: readonly Delivery[] }): JSX.Element {
  const latest = useRef(deliveries);
  latest.current = deliveries;
  const told = useRef(Date.now());
  const [sentence, setSentence] = useState('');
  useEffect(() => {
    const timer = setInterval(() => {
      const fresh = latest.current.filter(({ at }) => at > told.current);
      told.current = latest.current[0]?.at ?? told.current;
      setSentence(fresh.length === 0 ? '' : sentenceOf(fresh));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" role="status">
      {sentence}
    </p>
  );
}

function sentenceOf(fresh: readonly Delivery[]): string {
  const count = (outcome: Delivery['outcome']) => fresh.filter((one) => one.outcome === outcome).length;
  return [
    plural(fresh.length, 'new delivery', 'new deliveries'),
    count('refused') === 0 ? '' : `${count('refused')} refused`,
    count('failed') === 0 ? '' : `${count('failed')} failed`,
  ]
    .filter(Boolean)
    .join(', ');
}
