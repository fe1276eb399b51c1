import { admitPublisher, type PublishRefusal } from '../../clients/admit-publisher.ts';
import { stayOf } from '../../clients/grant-limits.ts';
import { explain, type Refusal } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, type StatusCode } from '../../protocol/rtmp/status.ts';
import { OPENING_PACKETS } from '../limits.ts';
import { Publisher } from '../publisher.ts';
import { command as commandMessage, onStatus, redirection } from '../replies.ts';
import { type Dialogue, enter, resident, type Visitor } from '../session-context.ts';

const REFUSED: Readonly<Record<PublishRefusal, StatusCode>> = {
  busy: STATUS.publishBadName,
  denied: STATUS.publishDenied,
};

/**
 * `publish` (RTMP 7.2.2.6). The name is reserved before `on_publish` is asked, so that of two publishers only one is
 * ever asked about; the client is told that it may start after every URL has said yes.
 */
export async function publish(
  dialogue: Dialogue,
  command: Command,
  streamId: number,
  visitor: Visitor,
): Promise<void> {
  dialogue.connection.spend(OPENING_PACKETS);
  const refuse = (code: StatusCode, why: string | Refusal) => {
    const refusal = typeof why === 'string' ? { message: why } : why;
    const words = onStatus(streamId, 'error', code, explain(refusal), redirection(refusal));
    dialogue.refuse(`publish refused: ${refusal.message}`, words);
  };

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!dialogue.streams.admits(streamId)) {
    return refuse(STATUS.publishBadName, `message stream ${streamId} does not exist`);
  }
  const busy = dialogue.streams.get(streamId);
  if (busy) return refuse(STATUS.publishBadName, `message stream ${streamId} is already ${busy.role}`);

  const entry = await enter(visitor, name);
  if (!entry.ok) return refuse(STATUS.publishDenied, entry);
  const { address, vhost } = entry;
  if (address.stream === '') return refuse(STATUS.publishBadName, 'the stream has no name');
  if (dialogue.connection.isClosed()) return;

  const { hub, claims, seats } = dialogue;
  const deps = {
    hub,
    claims,
    seats,
    events: visitor.events,
    isClosed: () => dialogue.connection.isClosed(),
  };
  const admission = await admitPublisher(deps, address, vhost);
  if (!admission) return;
  if (!admission.ok) return refuse(REFUSED[admission.reason], admission.refusal);
  const { key, opened, reservation } = admission;
  reservation.start({ facts: opened.facts, grant: opened.grant, vhost });
  reservation.heldBy({
    leave: () => dialogue.kick('kicked', 'A newer publisher took the stream over.'),
    attend: () => dialogue.connection.attend(),
  });
  dialogue.streams.assign(
    streamId,
    new Publisher({
      key,
      asked: address.stream,
      stay: stayOf(resident(dialogue), visitor.events, opened, vhost),
      publication: reservation.publication,
      seated: () => dialogue.seats.taken(key),
      options: vhost.publish,
      clock: dialogue.clock,
      onEnd: (reason, how) => {
        reservation.end(how);
        opened.end(reason);
        dialogue.log.info({ ...key, reason }, 'publish ended');
      },
    }),
  );
  dialogue.log.info(key, 'publish started');
  const { connection } = dialogue;
  connection.steady();
  const info = { code: STATUS.publishStart, description: `Publishing ${key.stream}.` };
  connection.send(
    commandMessage(streamId, 'onFCPublish', 0, null, info),
    onStatus(streamId, 'status', STATUS.publishStart, info.description, { clientid: dialogue.client.id }),
  );
}
