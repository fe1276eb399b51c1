import { admitPublisher } from '../../clients/admit-publisher.ts';
import { Refusal } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { Publisher } from '../publisher.ts';
import { command as commandMessage, onStatus } from '../replies.ts';
import { type ConnectInfo, OPENING_PACKETS, type SessionContext } from '../session-context.ts';
import { refuse } from './refuse.ts';

/** `publish` (RTMP 7.2.2.6). The client is told that it may start after every URL of `on_publish` has said yes. */
export async function publish(
  context: SessionContext,
  command: Command,
  streamId: number,
  connectInfo: ConnectInfo,
): Promise<void> {
  const { connection, streams } = context;
  connection.spend(OPENING_PACKETS);
  const unusable = streams.whyUnusable(streamId);
  if (unusable) return refuse(context, command, streamId, unusable);

  const streamName = typeof command.args[1] === 'string' ? command.args[1] : '';
  const admitted = await admitPublisher(context.admissionDeps(connectInfo.events), {
    ...connectInfo,
    streamName,
  });
  if (!admitted) return;
  if (admitted instanceof Refusal) return refuse(context, command, streamId, admitted);

  const { key } = admitted;
  const publication = admitted.goLive({
    leave: () => context.kick('kicked', 'A newer publisher took over the stream.'),
    pollNow: () => connection.pollNow(),
  });
  const publisher = new Publisher({
    admitted,
    publication,
    slots: context.clients.slots,
    clock: context.clients.clock,
    onEnd: (reason) => context.log.info({ ...key, reason }, 'publish ended'),
  });
  streams.assign(streamId, publisher);
  context.log.info(key, 'publish started');
  connection.steady();
  const info = { code: STATUS.publishStart, description: `Publishing ${key.stream}.` };
  connection.send(
    commandMessage(streamId, 'onFCPublish', 0, null, info),
    onStatus(streamId, 'status', STATUS.publishStart, info.description, { clientid: context.client.id }),
  );
}
