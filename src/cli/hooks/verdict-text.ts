import type { Tried } from '../../hooks/dry-run.ts';
import type { Grant } from '../../model/authorization.ts';
import { type Action, isQuestion } from '../../model/events.ts';

/** What an answer's client is told, by the question. */
const REFUSALS: Partial<Record<Action, string>> = {
  on_connect: 'NetConnection.Connect.Rejected',
  on_publish: 'NetStream.Publish.Denied',
  on_publish_busy: 'NetStream.Publish.BadName',
  on_play: 'NetStream.Play.Failed',
};

/** Why the server would come to this verdict. */
export function reasonOf({ delivery, called }: Tried): string {
  if (!called.allowed) return called.message;
  const body = delivery.response?.body.trim() ?? '';
  const status = delivery.response?.status ?? 0;
  // To a form of nginx-rtmp's dialect the status alone is the answer.
  if (!delivery.request.body.startsWith('{')) return `status ${status} is a yes`;
  return `status ${status} and ${body === '0' ? 'the int 0' : 'code 0'} are a yes`;
}

/** What would reach the client, or become of an event that nobody waits for. */
export function clientSees({ delivery, called }: Tried): readonly string[] {
  const { action } = delivery;
  if (!isQuestion(action))
    return called.allowed ? [] : ['sees nothing of it; the server would send it again'];
  if (called.allowed) return called.grant ? grantsOf(called.grant) : [];
  if (called.redirect !== undefined) return [`is sent to ${called.redirect}`];
  const code = REFUSALS[action];
  return [
    code === undefined
      ? `is closed: "${called.forClient}"`
      : `sees ${code} with the description "${called.forClient}"`,
  ];
}

function grantsOf(grant: Grant): string[] {
  const { stream, maxDurationMs, maxBitrate, maxViewers, takeover, recheckMs } = grant;
  const granted = [
    stream === undefined ? '' : `gets the stream ${JSON.stringify(stream)}`,
    maxDurationMs === undefined ? '' : `may stay for ${maxDurationMs / 1000} s`,
    maxBitrate === undefined ? '' : `may send ${maxBitrate / 1000} kbit/s`,
    maxViewers === undefined ? '' : `may have ${maxViewers} players`,
    takeover ? 'takes the stream over from who publishes it' : '',
    recheckMs === undefined ? '' : `is asked about again every ${recheckMs / 1000} s`,
  ];
  return granted.filter((line) => line !== '');
}
