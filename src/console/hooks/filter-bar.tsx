import type { JSX, RefObject } from 'preact';
import { EVENTS } from '../format/verdict.ts';
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
  /** Element to which a shortcut leads. */
  readonly first: RefObject<HTMLSelectElement | null>;
  /** Values to choose from. */
  readonly known: { readonly vhosts: readonly string[]; readonly urls: readonly string[] };
}

/** Chooses what is listed; the address of the page holds the choice. */
export function FilterBar({ filter, change, first, known }: FilterProps): JSX.Element {
  const set =
    (name: keyof DeliveryFilter) => (event: { readonly currentTarget: { readonly value: string } }) =>
      change({ ...filter, [name]: event.currentTarget.value.trim() });
  const clear = () => change({ event: '', vhost: '', client: '', url: '', outcome: '' });
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
      <Choice label="vhost" value={filter.vhost} known={known.vhosts} choose={set('vhost')} />
      <input
        class="input"
        type="search"
        aria-label="Client"
        placeholder="Client"
        value={filter.client}
        onChange={set('client')}
      />
      <Choice label="URL" value={filter.url} known={known.urls} choose={set('url')} />
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

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly known: readonly string[];
  readonly choose: (event: { readonly currentTarget: { readonly value: string } }) => void;
}

/** One of the names that are known; also the one that is chosen, known or not. */
function Choice({ label, value, known, choose }: ChoiceProps): JSX.Element {
  const names = [...new Set([...known, value])].filter((name) => name !== '').sort();
  return (
    <select class="input" aria-label={label} value={value} onChange={choose}>
      <option value="">Any {label}</option>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
