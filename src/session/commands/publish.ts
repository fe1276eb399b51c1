import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, type StatusCode } from '../../protocol/rtmp/status.ts';
import { type Dialogue, enter, type Visitor } from '../dialogue.ts';
import { Publisher } from '../publisher.ts';
import { command as commandMessage, onStatus } from '../replies.ts';
import { reserve } from '../reserve.ts';

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
  const refuse = (code: StatusCode, message: string) =>
    dialogue.refuse(`publish refused: ${message}`, onStatus(streamId, 'error', code, message));

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!dialogue.streams.admits(streamId)) {
    return refuse(STATUS.publishBadName, `message stream ${streamId} does not exist`);
  }
  const busy = dialogue.streams.get(streamId);
  if (busy) return refuse(STATUS.publishBadName, `message stream ${streamId} is already ${busy.role}`);

  const entry = await enter(visitor, name);
  if (!entry.ok) return refuse(STATUS.publishDenied, entry.message);
  const { address, vhost } = entry;
  if (address.stream === '') return refuse(STATUS.publishBadName, 'the stream has no name');
  if (dialogue.connection.isClosed()) return;

  const publication = await reserve(dialogue, address, vhost.play);
  if (!publication) {
    return refuse(STATUS.publishBadName, `stream ${address.stream} is already being published`);
  }
  const opened = await visitor.events.open('on_publish', address).catch((error: unknown) => {
    publication.end();
    throw error;
  });
  if (!opened.allowed || dialogue.connection.isClosed()) {
    publication.end();
    if (!opened.allowed) refuse(STATUS.publishDenied, opened.message);
    return;
  }
  const { stream } = address;
  publication.start();
  dialogue.streams.assign(
    streamId,
    new Publisher({
      key: address,
      publication,
      options: vhost.publish,
      clock: dialogue.clock,
      onEnd: (reason) => {
        opened.end(reason);
        dialogue.log.info({ vhost: vhost.name, app: address.app, stream, reason }, 'publish ended');
      },
    }),
  );
  dialogue.log.info({ vhost: vhost.name, app: address.app, stream }, 'publish started');
  dialogue.connection.steady();
  dialogue.connection.readAtPace(() => dialogue.streams.restMs);
  const info = { code: STATUS.publishStart, description: `Publishing ${stream}.` };
  dialogue.connection.send(
    commandMessage(streamId, 'onFCPublish', 0, null, info),
    onStatus(streamId, 'status', STATUS.publishStart, info.description, { clientid: dialogue.client.id }),
  );
}
