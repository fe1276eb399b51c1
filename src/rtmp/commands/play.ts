import { admitPlayer } from '../../clients/admit-player.ts';
import { explain, type Refusal, STREAM_OVER } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin, streamEof } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { OPENING_PACKETS } from '../limits.ts';
import { Player } from '../player.ts';
import { onStatus, redirection } from '../replies.ts';
import { type ConnectInfo, enter, limitedClient, type SessionContext } from '../session-context.ts';

/**
 * `play` (RTMP 7.2.2.1), of live streams: start and duration mean nothing here. The client is told that it plays after
 * every URL of `on_play` has said yes; it may wait for a stream that is not there yet.
 */
export async function play(
  context: SessionContext,
  command: Command,
  streamId: number,
  connectInfo: ConnectInfo,
): Promise<void> {
  context.connection.spend(OPENING_PACKETS);
  const refuse = (why: string | Refusal) => {
    const refusal = typeof why === 'string' ? { message: why } : why;
    const details = redirection(refusal);
    const words = onStatus(streamId, 'error', STATUS.playFailed, explain(refusal), details);
    context.refuse(`play refused: ${refusal.message}`, words);
  };

  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  if (!context.streams.admits(streamId)) return refuse(`message stream ${streamId} does not exist`);
  const busy = context.streams.get(streamId);
  if (busy?.role === 'publishing') return refuse(`message stream ${streamId} is already ${busy.role}`);
  // A new play on a playing stream is a switch to another one (RTMP 7.2.2.1, reset).
  context.streams.clear(streamId)?.end('client');

  const entry = await enter(connectInfo, name);
  if (!entry.ok) return refuse(entry);
  const { connection } = context;
  const deps = {
    ...limitedClient(context),
    hub: context.hub,
    slots: context.slots,
    claims: context.claims,
    events: connectInfo.events,
    isClosed: () => connection.isClosed(),
  };
  const admission = await admitPlayer(deps, entry.address, entry.vhost);
  if (!admission) return;
  if (!admission.ok) return refuse(admission);
  const { key, limits } = admission;
  const { stream } = key;
  const shown = context.concealed.shown(key);
  const player = new Player({
    hub: context.hub,
    connection,
    key,
    limits,
    options: entry.vhost.play,
    streamId,
    onEnd: (reason) => {
      admission.end(reason);
      context.log.info({ ...shown, protocol: 'rtmp', reason, skips: player.skips }, 'play ended');
    },
    onOver: () => endPlay(context, streamId, player),
  });
  context.streams.assign(streamId, player);
  context.log.info({ ...shown, protocol: 'rtmp' }, 'play started');
  const details = { details: stream, clientid: context.client.id };
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
  await admission.reportAbsence();
}

/**
 * Tells a player that the stream is over, in the words of all: ffmpeg and rtmpdump end at UnpublishNotify, GStreamer at
 * StreamEOF. A connection on which nothing else happens is closed then.
 */
function endPlay({ streams, connection }: SessionContext, streamId: number, player: Player): void {
  if (streams.get(streamId) !== player) return;
  streams.clear(streamId);
  player.end('unpublish');
  connection.send(
    streamEof(streamId),
    onStatus(streamId, 'status', STATUS.playUnpublishNotify, STREAM_OVER),
    onStatus(streamId, 'status', STATUS.playStop, STREAM_OVER),
  );
  if (streams.roles.length === 0 && !connection.held) connection.close('unpublish');
}
