import type { Delivery } from '../api/contract.ts';

/** A part of the time that a delivery took. */
export interface TimingPart {
  readonly name: string;
  readonly kind: 'queue' | 'connect' | 'wait' | 'rest';
  readonly ms: number;
}

/** Parts of the time of a delivery, in their order; what did not come to pass is left out. */
export function timingParts({ queueMs, connectMs, firstByteMs, totalMs }: Delivery['timing']): TimingPart[] {
  const known = queueMs + (connectMs ?? 0) + (firstByteMs ?? 0);
  const rest = Math.max(0, totalMs - known);
  return [
    { name: 'Waiting for a connection', kind: 'queue', ms: queueMs },
    ...(connectMs == null
      ? []
      : [
          {
            name: connectMs === 0 ? 'Connection kept open' : 'Connecting',
            kind: 'connect',
            ms: connectMs,
          } as const,
        ]),
    ...(firstByteMs == null ? [] : [{ name: 'To the first byte', kind: 'wait', ms: firstByteMs } as const]),
    { name: firstByteMs == null ? 'Without an answer' : 'The rest of the answer', kind: 'rest', ms: rest },
  ];
}
