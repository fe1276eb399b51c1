/** What the backend answers: an HTTP status and the JSON body that explains it. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Accepted by SRS of every version from 2 on, and by all dialects of Gatecast; SRS 1.0 itself knew only `0`. */
export const ACCEPTED: Answer = { status: 200, body: { code: 0, data: null } };

/** An answer that refuses: SRS's sample server answers its errors with status 200 and a code. */
export function refuse(code: number, message: string, status = 200): Answer {
  return { status, body: { code, data: null, message } };
}
