import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';

interface PageProps {
  readonly title: string;
  /** Stands above the title: where one came from. */
  readonly crumb?: ComponentChildren;
  /** Stands below the title. */
  readonly about?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page: its title, in the window's too, what can be done with all of it, and its content. */
export function Page({ title, crumb, about, tools, children }: PageProps): JSX.Element {
  useEffect(() => {
    document.title = `${title} · Gatecast`;
  }, [title]);
  // The window is not what scrolls, so the browser does not do it.
  useEffect(() => document.getElementById('main')?.scrollTo(0, 0), []);
  return (
    <div class="page">
      <header class="page-head">
        <div class="titles">
          {crumb === undefined ? null : <p class="crumb">{crumb}</p>}
          <h1>{title}</h1>
          {about === undefined ? null : <p class="faint">{about}</p>}
        </div>
        {tools === undefined ? null : <div class="tools">{tools}</div>}
      </header>
      {children}
    </div>
  );
}
