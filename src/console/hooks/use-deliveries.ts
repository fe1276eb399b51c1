import { useEffect, useRef, useState } from 'preact/hooks';
import type { Delivery, HookHealth } from '../api/contract.ts';
import { useConsole } from '../live/console-context.ts';
import { useFeed } from '../live/use-feed.ts';
import { type Loaded, useLoaded } from '../live/use-loaded.ts';
import { type DeliveryFilter, fitsFilter } from './delivery-filter.ts';
import { addDeliveries, type DeliveryList, MOST_KEPT, NO_DELIVERIES } from './delivery-list.ts';

/** However fast deliveries come, the page changes no more often than this. */
const FLUSH_MS = 250;
const FIRST_LOADED = 300;

/** Deliveries as they happen. */
export interface Deliveries {
  readonly past: Loaded<unknown>;
  readonly reload: () => void;
  readonly list: DeliveryList;
  /** Those that came too fast for the connection and were only counted. */
  readonly missed: number;
  readonly health: HookHealth | undefined;
}

/** The newest deliveries that fit, and those that come from now on; while `held`, new ones wait. */
export function useDeliveries(filter: DeliveryFilter, held: boolean): Deliveries {
  const { api } = useConsole();
  const [list, setList] = useState<DeliveryList>(NO_DELIVERIES);
  const [missed, setMissed] = useState(0);
  const [health, setHealth] = useState<HookHealth | undefined>(undefined);
  const news = useRef<Delivery[]>([]);
  const latest = useRef({ filter, held });
  latest.current = { filter, held };

  useFeed({ topics: ['deliveries', 'hooks'] }, (event) => {
    if (event.event === 'hooks') setHealth(event.data);
    else if (event.event === 'missed') setMissed((before) => before + event.data.count);
    else if (event.event === 'delivery' && fitsFilter(event.data, latest.current.filter)) {
      news.current.push(event.data);
      if (news.current.length > MOST_KEPT) news.current.shift();
    }
  });

  useEffect(() => {
    const flush = () => {
      const taken = news.current;
      if (taken.length === 0) return;
      news.current = [];
      setList((before) => addDeliveries(before, taken, latest.current.held));
    };
    const timer = setInterval(flush, FLUSH_MS);
    return () => clearInterval(timer);
  }, []);

  useEffect(() => {
    if (!held) setList((before) => addDeliveries(before, [], false));
  }, [held]);

  const [past, reload] = useLoaded(JSON.stringify(filter), () => {
    news.current = [];
    setList(NO_DELIVERIES);
    return api.deliveries({ ...filter, limit: FIRST_LOADED });
  });
  useEffect(() => {
    if (past.state !== 'here') return;
    const { deliveries } = past.value;
    setList((now) => {
      const since = [...now.waiting, ...now.shown].reverse();
      return addDeliveries(NO_DELIVERIES, [...deliveries, ...since], false);
    });
  }, [past]);

  return { past, reload, list, missed, health };
}
