/** Why a client is not let in. */
export interface Refusal {
  /** A sentence for the client and the log. */
  readonly message: string;
  /** An rtmp URL where it is welcome instead. */
  readonly redirect?: string | undefined;
}

/** Of a stream that was renamed to what is no name. */
export const MISNAMED = 'the backend gave the stream an invalid name';

/** What a refused client is told: why, and where it is welcome instead. */
export function explain({ message, redirect }: Refusal): string {
  return redirect === undefined ? message : `${message.replace(/\.$/, '')}: go to ${redirect}`;
}

/** What players are told whose publisher has left and has not come back. */
export const STREAM_OVER = 'The stream is over: its publisher has left.';
