import type { Listening } from '../api/contract.ts';

const PORTS: Readonly<Record<string, number>> = { rtmp: 1935, rtmps: 443 };

/**
 * URL that an encoder takes as its server, with the application `live`: the first RTMP listener, by the host that the reader's
 * browser came to, since that is known to lead here.
 */
export function serverField(listening: readonly Listening[], browserHost: string): string {
  const listener =
    listening.find(({ protocol }) => protocol === 'rtmp') ??
    listening.find(({ protocol }) => protocol === 'rtmps');
  const { protocol, port } = listener ?? { protocol: 'rtmp', port: PORTS['rtmp'] };
  return `${protocol}://${browserHost}${port === PORTS[protocol] ? '' : `:${port}`}/live`;
}
