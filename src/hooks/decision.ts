import type { Verdict } from '../model/authorization.ts';

/** What came of a question, for everybody who asked it. */
export interface Decision {
  readonly verdict: Verdict;
  /** True if nobody failed to answer, so that it may be kept for others. */
  readonly answered: boolean;
  /** For how long the backends let it be kept, in milliseconds; Infinity if they do not say. */
  readonly freshMs: number;
  /** Of a refusal: whose it was and why, and how loudly to say so. */
  readonly refusal?: {
    readonly url: string;
    readonly reason: string;
    readonly level: 'debug' | 'info' | 'warn';
  };
}

/** False if a backend said that its answer is for the one who asked. */
export function isForOthers({ answered, freshMs }: Decision): boolean {
  return !answered || freshMs > 0;
}

/** Why a question ended before its answer, as verb phrases about the backend. */
export const CLIENT_GONE = 'was not waited for: the client has gone';
export const STOPPING = 'was not waited for: the server is stopping';

/** For a client that left. */
export const ABANDONED: Decision = {
  verdict: { allowed: false, message: `The backend ${CLIENT_GONE}.` },
  answered: false,
  freshMs: 0,
  refusal: { url: '', reason: CLIENT_GONE, level: 'debug' },
};
