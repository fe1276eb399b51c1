import type { JSX, RefObject } from 'preact';
import type { Delivery } from '../api/contract.ts';
import { EVENTS } from '../words/verdict.ts';
import { type DeliveryFilter, FILTER_NAMES } from './delivery-filter.ts';

const OUTCOMES = [
  ['allowed', 'allowed or delivered'],
  ['refused', 'refused'],
  ['failed', 'failed'],
  ['skipped', 'not sent'],
] as const;

interface FilterProps {
  readonly filter: DeliveryFilter;
  readonly change: (filter: DeliveryFilter) => void;
  /** Where a shortcut leads. */
  readonly first: RefObject<HTMLSelectElement | null>;
  /** Deliveries whose names are proposed. */
  readonly known: readonly Delivery[];
}

/** Chooses what is listed; the address of the page holds the choice. */
export function FilterBar({ filter, change, first, known }: FilterProps): JSX.Element {
  const set =
    (name: keyof DeliveryFilter) => (event: { readonly currentTarget: { readonly value: string } }) =>
      change({ ...filter, [name]: event.currentTarget.value.trim() });
  const clear = () => change({ event: '', vhost: '', client: '', url: '', outcome: '' });
  const vhosts = namesOf(known, ({ vhost }) => vhost);
  const urls = namesOf(known, ({ url }) => url);
  return (
    <search class="filter-bar">
      <select ref={first} class="input" aria-label="Event" value={filter.event} onChange={set('event')}>
        <option value="">Any event</option>
        {Object.keys(EVENTS).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select class="input" aria-label="Outcome" value={filter.outcome} onChange={set('outcome')}>
        <option value="">Any outcome</option>
        {OUTCOMES.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
      <input
        class="input"
        type="search"
        aria-label="Vhost"
        placeholder="Vhost"
        list="known-vhosts"
        value={filter.vhost}
        onChange={set('vhost')}
      />
      <input
        class="input"
        type="search"
        aria-label="Client"
        placeholder="Client"
        value={filter.client}
        onChange={set('client')}
      />
      <input
        class="input"
        type="search"
        aria-label="URL"
        placeholder="URL"
        list="known-urls"
        value={filter.url}
        onChange={set('url')}
      />
      <datalist id="known-vhosts">{vhosts.map(optionOf)}</datalist>
      <datalist id="known-urls">{urls.map(optionOf)}</datalist>
      <button
        type="button"
        class="button quiet"
        disabled={FILTER_NAMES.every((name) => filter[name] === '')}
        onClick={clear}
      >
        Clear
      </button>
    </search>
  );
}

function optionOf(value: string): JSX.Element {
  return <option key={value} value={value} />;
}

function namesOf(deliveries: readonly Delivery[], name: (delivery: Delivery) => string): string[] {
  return [...new Set(deliveries.map(name))].filter((one) => one !== '').sort();
}
