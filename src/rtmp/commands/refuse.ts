import { explain, type Refusal, type RefusalReason } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, type StatusCode, statusInfo } from '../../protocol/rtmp/status.ts';
import { command as commandMessage, failure } from '../replies.ts';
import type { SessionContext } from '../session-context.ts';

const PUBLISH_CODES: Readonly<Record<RefusalReason, StatusCode>> = {
  busy: STATUS.publishBadName,
  invalid: STATUS.publishBadName,
  full: STATUS.publishDenied,
  denied: STATUS.publishDenied,
};

/**
 * Refuses `connect`, `publish` or `play` and closes. Programs find where the client is welcome instead as Flash Media
 * Server and SRS say it: `ex: { code: 302, redirect }` in the info object.
 */
export function refuse(
  context: SessionContext,
  { name, transactionId }: Command,
  streamId: number,
  refusal: Refusal,
): void {
  const { redirect } = refusal;
  const info = {
    ...statusInfo('error', statusCode(name, refusal), explain(refusal)),
    ...(redirect === undefined ? {} : { ex: { code: 302, redirect } }),
  };
  const answer =
    name === 'connect' ? failure(transactionId, info) : commandMessage(streamId, 'onStatus', 0, null, info);
  context.refuse(`${name} refused: ${refusal.message}`, answer);
}

function statusCode(command: string, { reason }: Refusal): StatusCode {
  if (command === 'connect') return STATUS.connectRejected;
  return command === 'play' ? STATUS.playFailed : PUBLISH_CODES[reason];
}
