import { useEffect, useRef } from 'preact/hooks';
import type { FeedEvent } from '../api/contract.ts';
import { useConsole } from './console-context.ts';
import type { Wanted } from './feed.ts';

/** Hears of these topics while the component is on the page. */
export function useFeed({ topics, stream }: Wanted, hear: (event: FeedEvent) => void): void {
  const { feed } = useConsole();
  const ear = useRef(hear);
  ear.current = hear;
  const names = topics.join();
  useEffect(
    () =>
      feed.open({ topics: names.split(',') as Wanted['topics'][number][], stream }, (event) =>
        ear.current(event),
      ),
    [feed, names, stream],
  );
}
