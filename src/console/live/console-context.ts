import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../api/client.ts';
import type { ServerFacts } from '../api/contract.ts';
import type { Feed } from './feed.ts';
import type { StreamWatch } from './stream-watch.ts';

/** Context that every page has. */
export interface ConsoleTools {
  readonly api: Api;
  readonly feed: Feed;
  readonly streams: StreamWatch;
  /** The server as it was when the console was opened. */
  readonly server: ServerFacts;
  /** Shows a sentence for a few seconds, and says it to a screen reader. */
  readonly say: (sentence: string, tone?: 'good' | 'bad') => void;
}

export const ConsoleContext: ReturnType<typeof createContext<ConsoleTools | undefined>> = createContext<
  ConsoleTools | undefined
>(undefined);

/** Context that every page has. */
export function useConsole(): ConsoleTools {
  const tools = useContext(ConsoleContext);
  if (!tools) throw new Error('outside of the console');
  return tools;
}
