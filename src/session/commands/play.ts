import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { type Dialogue, enter, type Visitor } from '../dialogue.ts';
import { Player } from '../player.ts';
import { onStatus } from '../replies.ts';

/**
 * `play` (RTMP 7.2.2.1), of live streams: start and duration mean nothing here. The client is told that it plays after
 * every URL of `on_play` has said yes; it may wait for a stream that is not there yet.
 */
export async function play(
  dialogue: Dialogue,
  command: Command,
  streamId: number,
  visitor: Visitor,
): Promise<void> {
  const refuse = (message: string) =>
    dialogue.refuse(`play refused: ${message}`, onStatus(streamId, 'error', STATUS.playFailed, message));

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!dialogue.streams.admits(streamId)) return refuse(`message stream ${streamId} does not exist`);
  const busy = dialogue.streams.get(streamId);
  if (busy?.role === 'publishing') return refuse(`message stream ${streamId} is already ${busy.role}`);
  // A new play on a playing stream is a switch to another one (RTMP 7.2.2.1, reset).
  dialogue.streams.clear(streamId)?.end('client');

  const entry = await enter(visitor, name);
  if (!entry.ok) return refuse(entry.message);
  const { address, vhost } = entry;
  if (address.stream === '') return refuse('the stream has no name');
  if (dialogue.connection.isClosed()) return;

  const opened = await visitor.events.open('on_play', address);
  if (!opened.allowed) return refuse(opened.message);
  if (dialogue.connection.isClosed()) return;

  const { connection } = dialogue;
  const { stream } = address;
  const player = new Player({
    hub: dialogue.hub,
    connection,
    key: address,
    options: vhost.play,
    streamId,
    onEnd: (reason) => {
      opened.end(reason);
      const skips = player.skips;
      dialogue.log.info({ vhost: vhost.name, app: address.app, stream, reason, skips }, 'play ended');
    },
  });
  dialogue.streams.assign(streamId, player);
  dialogue.log.info({ vhost: vhost.name, app: address.app, stream }, 'play started');
  const details = { details: stream, clientid: dialogue.client.id };
  // One write: a polite client that waits for each answer must not wait for a delayed acknowledgement.
  connection.steady();
  connection.corked(() => {
    connection.send(
      streamBegin(streamId),
      onStatus(streamId, 'status', STATUS.playReset, `Playing and resetting ${stream}.`, details),
      onStatus(streamId, 'status', STATUS.playStart, `Started playing ${stream}.`, details),
    );
    player.start();
  });
}
