import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** True while the element is on the screen and somebody can look at the page. */
export function useVisible(element: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  const [shown, setShown] = useState(!document.hidden);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false));
    observer.observe(element.current);
    const change = () => setShown(!document.hidden);
    document.addEventListener('visibilitychange', change);
    return () => {
      observer.disconnect();
      document.removeEventListener('visibilitychange', change);
    };
  }, [element]);
  return seen && shown;
}
