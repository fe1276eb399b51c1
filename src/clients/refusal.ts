import type { Verdict } from '../model/authorization.ts';

/** Kind of a refusal, which each protocol translates into its own status. */
export type RefusalReason =
  | 'busy' // the name is taken: somebody else publishes under it
  | 'invalid' // the client named nothing that could be published or played
  | 'full' // there is no room for one more player
  | 'denied'; // the answer was no, or the client may not be where it wants to be

/** Reason why a client is not let in. Every refusal of admission is made in this file. */
export class Refusal {
  readonly reason: RefusalReason;
  /** A sentence for the client and the log. */
  readonly message: string;
  /** An rtmp URL to which the client should go instead. */
  readonly redirect: string | undefined;

  constructor(reason: RefusalReason, message: string, redirect?: string) {
    this.reason = reason;
    this.message = message;
    this.redirect = redirect;
  }
}

/** Vhosts that one connection may visit. */
export const MAX_VHOSTS_PER_CONNECTION = 8;

export const UNNAMED: Refusal = new Refusal('invalid', 'the stream has no name');

/** Without a name: the one that the client gave may be a secret. */
export const STREAM_BUSY: Refusal = new Refusal('busy', 'the stream is already being published');

/** Of a stream that was renamed to what is no name. */
export const MISNAMED: Refusal = new Refusal('denied', 'the backend gave the stream an invalid name');

export const TOO_MANY_VHOSTS: Refusal = new Refusal(
  'denied',
  `a connection may use at most ${MAX_VHOSTS_PER_CONNECTION} vhosts`,
);

/** Refusal of a URL that leads to no vhost. */
export function unresolved({ message }: { readonly message: string }): Refusal {
  return new Refusal('denied', message);
}

/** Refusal by whoever was asked. */
export function denied({ message, redirect }: Exclude<Verdict, { allowed: true }>): Refusal {
  return new Refusal('denied', message, redirect);
}

/** Refusal of a player for which the stream has no slot left. */
export function streamFull(viewers: number): Refusal {
  return new Refusal('full', `the stream has reached its limit of ${viewers} viewers`);
}

/** Sentence for a refused client: why, and where it should go instead. */
export function explain({
  message,
  redirect,
}: {
  readonly message: string;
  readonly redirect?: string | undefined;
}): string {
  return redirect === undefined ? message : `${message.replace(/\.$/, '')}: go to ${redirect}`;
}

/** Last words for players whose publisher has left and has not come back. */
export const STREAM_OVER = 'The stream is over: its publisher has left.';
