import { admitPlayer } from '../../clients/admit-player.ts';
import { Refusal, STREAM_OVER } from '../../clients/refusal.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin, streamEof } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { Player } from '../player.ts';
import { onStatus } from '../replies.ts';
import { type ConnectInfo, OPENING_PACKETS, type SessionContext } from '../session-context.ts';
import { refuse } from './refuse.ts';

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
  const { connection, streams } = context;
  connection.spend(OPENING_PACKETS);
  const unusable = streams.whyUnusable(streamId, 'playing');
  if (unusable) return refuse(context, command, streamId, unusable);
  // A new play on a playing stream is a switch to another one (RTMP 7.2.2.1, reset).
  streams.clear(streamId)?.end('client');

  const streamName = typeof command.args[1] === 'string' ? command.args[1] : '';
  const admitted = await admitPlayer(context.admissionDeps(connectInfo.events), {
    ...connectInfo,
    streamName,
  });
  if (!admitted) return;
  if (admitted instanceof Refusal) return refuse(context, command, streamId, admitted);

  const { key } = admitted;
  const { stream } = key;
  const shown = context.clients.concealed.shown(key);
  const player = new Player({
    hub: context.clients.hub,
    connection,
    admitted,
    streamId,
    onEnd: (reason) => {
      context.log.info({ ...shown, protocol: 'rtmp', reason, skips: player.skips }, 'play ended');
    },
    onOver: () => endPlay(context, streamId, player),
  });
  streams.assign(streamId, player);
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
  await admitted.reportAbsence();
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
