import { type Address, isStreamName } from '../../model/address.ts';
import type { VhostOptions } from '../../model/options.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, type StatusCode } from '../../protocol/rtmp/status.ts';
import type { ClientEvents } from '../client-events.ts';
import { type Dialogue, enter, type Visitor } from '../dialogue.ts';
import { Publisher } from '../publisher.ts';
import {
  command as commandMessage,
  explain,
  MISNAMED,
  onStatus,
  type Refusal,
  redirection,
} from '../replies.ts';
import { type Reservation, reserve } from '../reserve.ts';
import { stayOf } from '../stay.ts';

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

  const { events } = visitor;
  const { connection } = dialogue;
  const asked = await reserveOrTakeOver(dialogue, events, address, vhost);
  if (connection.isClosed()) return asked?.end();
  if (!asked) return refuse(STATUS.publishBadName, BUSY);
  const opened = await events.open('on_publish', address).catch((error: unknown) => {
    asked.end();
    throw error;
  });
  if (!opened.allowed) {
    asked.end();
    return refuse(STATUS.publishDenied, opened);
  }
  const { stream = address.stream, maxViewers } = opened.grant ?? {};
  const key = { vhost: vhost.name, app: address.app, stream };
  const renamed = stream !== address.stream;
  const nameless = renamed && !isStreamName(stream);
  const named = renamed && !nameless ? await reserve(dialogue, key, vhost.play) : asked;
  // The name that was asked for stays taken: who has the same key is refused before anybody is asked.
  const end = () => {
    named?.end();
    asked.end();
  };
  if (connection.isClosed()) return end();
  if (!named || nameless) {
    end();
    opened.end('refused');
    if (!named) return refuse(STATUS.publishBadName, BUSY);
    return refuse(STATUS.publishDenied, MISNAMED);
  }
  opened.rename(stream);
  named.start(maxViewers);
  for (const { publication } of [asked, named]) {
    publication.onTakeover(() => dialogue.kick('kicked', 'A newer publisher took the stream over.'));
  }
  dialogue.streams.assign(
    streamId,
    new Publisher({
      key,
      asked: address.stream,
      stay: stayOf(dialogue, events, opened, vhost),
      publication: named.publication,
      options: vhost.publish,
      clock: dialogue.clock,
      onEnd: (reason) => {
        end();
        opened.end(reason);
        dialogue.log.info({ ...key, reason }, 'publish ended');
      },
    }),
  );
  dialogue.log.info(key, 'publish started');
  connection.steady();
  connection.readAtPace(() => dialogue.streams.restMs);
  const info = { code: STATUS.publishStart, description: `Publishing ${stream}.` };
  connection.send(
    commandMessage(streamId, 'onFCPublish', 0, null, info),
    onStatus(streamId, 'status', STATUS.publishStart, info.description, { clientid: dialogue.client.id }),
  );
}

/** Without a name: the one that the client gave may be a secret. */
const BUSY = 'the stream is already being published';

/** Reserves the stream; if it has a publisher, the backend may say that this one has to go. */
async function reserveOrTakeOver(
  dialogue: Dialogue,
  events: ClientEvents,
  address: Address,
  vhost: VhostOptions,
): Promise<Reservation | undefined> {
  const free = await reserve(dialogue, address, vhost.play);
  if (free || events.ignores('on_publish_busy', vhost.name)) return free;
  const verdict = await events.askBusy(address);
  if (!verdict.allowed || !verdict.grant?.takeover || dialogue.connection.isClosed()) return undefined;
  return reserve(dialogue, address, vhost.play, true);
}
