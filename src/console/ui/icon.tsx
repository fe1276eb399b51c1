import type { JSX } from 'preact';

/** Strokes on a 16 px grid. */
const PATHS = {
  streams: 'M2.5 4.5h11v7h-11zM6.8 6.3v3.4L9.8 8z',
  hooks: 'M5 3.5v4a3 3 0 0 0 6 0v-1M5 3.5 3.5 5M5 3.5 6.5 5M11 6.5l-1.5 1.5M11 6.5l1.5 1.5M8 10.5v2.5',
  config: 'M2.5 5h6M11.5 5h2M2.5 11h2M7.5 11h6M10 3.5v3M6 9.5v3',
  server: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 4v8M10.5 4v8',
  play: 'M5.5 3.5v9l7-4.5z',
  replay: 'M3 8a5 5 0 1 0 1.6-3.7M3 3v2.5h2.5',
  viewers: 'M8 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM3.5 13c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  warning: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2v.01',
  kick: 'M9.5 3.5h3v9h-3M2.5 8h6M6 5.5 8.5 8 6 10.5',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.01M6.7 7h.01M9.3 7h.01M12 7h.01M5 9.5h6',
  out: 'M6.5 3.5h-3v9h3M7 8h6.5M11 5.5 13.5 8 11 10.5',
  record: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside a word that says the same; screen readers skip it. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
