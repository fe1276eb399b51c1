import { isStreamName } from '../../model/address.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { type Dialogue, enter, type Visitor } from '../dialogue.ts';
import { Player } from '../player.ts';
import { explain, MISNAMED, onStatus, type Refusal, redirection } from '../replies.ts';
import { isOnAir, takeSeat } from '../reserve.ts';
import { stayOf } from '../stay.ts';

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
  const refuse = (why: string | Refusal) => {
    const refusal = typeof why === 'string' ? { message: why } : why;
    const details = redirection(refusal);
    const words = onStatus(streamId, 'error', STATUS.playFailed, explain(refusal), details);
    dialogue.refuse(`play refused: ${refusal.message}`, words);
  };

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!dialogue.streams.admits(streamId)) return refuse(`message stream ${streamId} does not exist`);
  const busy = dialogue.streams.get(streamId);
  if (busy?.role === 'publishing') return refuse(`message stream ${streamId} is already ${busy.role}`);
  // A new play on a playing stream is a switch to another one (RTMP 7.2.2.1, reset).
  dialogue.streams.clear(streamId)?.end('client');

  const entry = await enter(visitor, name);
  if (!entry.ok) return refuse(entry);
  const { vhost } = entry;
  if (entry.address.stream === '') return refuse('the stream has no name');
  if (dialogue.connection.isClosed()) return;

  const full = dialogue.seats.full(entry.address);
  if (full !== undefined) return refuse(allTaken(full));
  const { events } = visitor;
  const opened = await events.open('on_play', entry.address);
  if (!opened.allowed) return refuse(opened);
  if (dialogue.connection.isClosed()) return;
  const giveBack = (message: string) => {
    opened.end('refused');
    refuse(message);
  };
  const { stream = entry.address.stream, maxViewers = Number.POSITIVE_INFINITY } = opened.grant ?? {};
  if (stream !== entry.address.stream && !isStreamName(stream)) return giveBack(MISNAMED);
  const { app } = entry.address;
  const key = { vhost: vhost.name, app, stream };
  opened.rename(stream);
  const bounded = maxViewers < Number.POSITIVE_INFINITY || !events.ignores('on_publish', vhost.name);
  const seat = await takeSeat(dialogue, key, maxViewers, bounded);
  if (typeof seat === 'number') return giveBack(allTaken(seat));
  const { connection } = dialogue;
  if (connection.isClosed()) return seat();

  const player = new Player({
    hub: dialogue.hub,
    connection,
    key,
    stay: stayOf(dialogue, events, opened, vhost),
    options: vhost.play,
    streamId,
    onEnd: (reason) => {
      opened.end(reason);
      seat();
      const skips = player.skips;
      dialogue.log.info({ ...key, reason, skips }, 'play ended');
    },
  });
  dialogue.streams.assign(streamId, player);
  dialogue.log.info(key, 'play started');
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
  if (events.ignores('on_not_found', vhost.name)) return;
  const found = await isOnAir(dialogue, key);
  if (!found && !connection.isClosed()) opened.tellNotFound();
}

function allTaken(viewers: number): string {
  return `the stream has all the ${viewers} viewers that it may have`;
}
