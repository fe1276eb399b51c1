import { admitPublisher, type PublishRefusal } from '../../clients/admit-publisher.ts';
import { grantLimitsFor } from '../../clients/grant-limits.ts';
import { explain, type Refusal } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, type StatusCode } from '../../protocol/rtmp/status.ts';
import { OPENING_PACKETS } from '../limits.ts';
import { Publisher } from '../publisher.ts';
import { command as commandMessage, onStatus, redirection } from '../replies.ts';
import { type ConnectInfo, enter, limitedClient, type SessionContext } from '../session-context.ts';

const REFUSED: Readonly<Record<PublishRefusal, StatusCode>> = {
  busy: STATUS.publishBadName,
  denied: STATUS.publishDenied,
};

/**
 * `publish` (RTMP 7.2.2.6). The name is reserved before `on_publish` is asked, so that of two publishers only one is
 * ever asked about; the client is told that it may start after every URL has said yes.
 */
export async function publish(
  context: SessionContext,
  command: Command,
  streamId: number,
  connectInfo: ConnectInfo,
): Promise<void> {
  context.connection.spend(OPENING_PACKETS);
  const refuse = (code: StatusCode, why: string | Refusal) => {
    const refusal = typeof why === 'string' ? { message: why } : why;
    const words = onStatus(streamId, 'error', code, explain(refusal), redirection(refusal));
    context.refuse(`publish refused: ${refusal.message}`, words);
  };

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!context.streams.admits(streamId)) {
    return refuse(STATUS.publishBadName, `message stream ${streamId} does not exist`);
  }
  const busy = context.streams.get(streamId);
  if (busy) return refuse(STATUS.publishBadName, `message stream ${streamId} is already ${busy.role}`);

  const entry = await enter(connectInfo, name);
  if (!entry.ok) return refuse(STATUS.publishDenied, entry);
  const { address, vhost } = entry;
  if (address.stream === '') return refuse(STATUS.publishBadName, 'the stream has no name');
  if (context.connection.isClosed()) return;

  const { hub, claims, slots } = context;
  const deps = {
    hub,
    claims,
    slots,
    events: connectInfo.events,
    isClosed: () => context.connection.isClosed(),
  };
  const admission = await admitPublisher(deps, address, vhost);
  if (!admission) return;
  if (!admission.ok) return refuse(REFUSED[admission.reason], admission.refusal);
  const { key, opened, reservation } = admission;
  reservation.start({ facts: opened.facts, grant: opened.grant, vhost });
  reservation.heldBy({
    leave: () => context.kick('kicked', 'A newer publisher took over the stream.'),
    attend: () => context.connection.attend(),
  });
  context.streams.assign(
    streamId,
    new Publisher({
      key,
      asked: address.stream,
      limits: grantLimitsFor(limitedClient(context), connectInfo.events, opened, vhost),
      publication: reservation.publication,
      slot: () => context.slots.taken(key),
      options: vhost.publish,
      clock: context.clock,
      onEnd: (reason, how) => {
        reservation.end(how);
        opened.end(reason);
        context.log.info({ ...key, reason }, 'publish ended');
      },
    }),
  );
  context.log.info(key, 'publish started');
  const { connection } = context;
  connection.steady();
  const info = { code: STATUS.publishStart, description: `Publishing ${key.stream}.` };
  connection.send(
    commandMessage(streamId, 'onFCPublish', 0, null, info),
    onStatus(streamId, 'status', STATUS.publishStart, info.description, { clientid: context.client.id }),
  );
}
