import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useConsole } from '../live/console-context.ts';
import { copyText } from './copy-text.ts';
import { Icon } from './icon.tsx';

const SHOWN_MS = 1500;

interface CopyProps {
  readonly text: string;
  /** Name of what is copied, for those who cannot see where the button stands. */
  readonly what: string;
}

/** Copies a text and says so. */
export function CopyButton({ text, what }: CopyProps): JSX.Element {
  const { say } = useConsole();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(text);
    setCopied(done);
    if (done) say(`Copied the ${what}.`);
    else say(`The browser does not let this page copy: select the ${what} and copy it by hand.`, 'bad');
  };
  return (
    <button
      type="button"
      class="button quiet icon-only"
      aria-label={`Copy the ${what}`}
      title={`Copy the ${what}`}
      onClick={() => void copy()}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
