import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Delivery } from '../api/contract.ts';
import { DeliveryRow } from './delivery-row.tsx';

/** Rows above and below the window, so that there is something while it moves. */
const SPARE = 8;

interface RowsProps {
  readonly deliveries: readonly Delivery[];
  readonly search: string;
  /** Whether the reader has left the top; new rows wait then. */
  readonly scrolled: boolean;
  readonly setScrolled: (scrolled: boolean) => void;
}

/** A long list of which only the rows in view are on the page. */
export function DeliveryRows({ deliveries, search, scrolled, setScrolled }: RowsProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 41 });
  const measure = () => {
    const element = frame.current;
    if (!element) return;
    const row = Number.parseFloat(getComputedStyle(element).getPropertyValue('--row'));
    setView({ top: element.scrollTop, height: element.clientHeight, row });
    setScrolled(element.scrollTop > row);
  };
  useEffect(() => {
    const resizing = new ResizeObserver(measure);
    if (frame.current) resizing.observe(frame.current);
    return () => resizing.disconnect();
  }, []);
  useEffect(() => {
    if (!scrolled && frame.current && frame.current.scrollTop > 0) frame.current.scrollTop = 0;
  }, [scrolled]);

  const { top, height, row } = view;
  const from = Math.max(0, Math.floor(top / row) - SPARE);
  const to = Math.min(deliveries.length, Math.ceil((top + height) / row) + SPARE);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move between the links in it
    <div class="rows" ref={frame} onScroll={measure} onKeyDown={moveFocus}>
      <ol class="rows-all" style={{ height: `${deliveries.length * row}px` }}>
        {deliveries.slice(from, to).map((delivery, index) => (
          <li
            key={delivery.id}
            class="row-place"
            style={{ transform: `translateY(${(from + index) * row}px)` }}
            aria-setsize={deliveries.length}
            aria-posinset={from + index + 1}
          >
            <DeliveryRow delivery={delivery} search={search} />
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const item = (event.target as HTMLElement).closest('li');
  const next = event.key === 'ArrowDown' ? item?.nextElementSibling : item?.previousElementSibling;
  const link = next?.querySelector('a');
  if (!link) return;
  event.preventDefault();
  link.focus();
}
