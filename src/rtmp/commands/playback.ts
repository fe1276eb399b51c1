import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin, streamEof } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { onStatus, result } from '../replies.ts';
import { OPENING_PACKETS, type SessionContext } from '../session-context.ts';

/** `pause` (RTMP 7.2.2.8): a paused player gets nothing, and goes on with the newest picture. */
export function pause(context: SessionContext, command: Command, streamId: number): void {
  const role = context.streams.get(streamId);
  if (role?.role !== 'playing') return;
  const { connection } = context;
  connection.spend(OPENING_PACKETS);
  if (command.args[1] === true) {
    role.pause();
    connection.send(streamEof(streamId), onStatus(streamId, 'status', STATUS.pauseNotify, 'Paused.'));
  } else {
    connection.send(streamBegin(streamId), onStatus(streamId, 'status', STATUS.unpauseNotify, 'Resumed.'));
    role.start();
  }
}

/** `seek` (RTMP 7.2.2.7): there is nowhere to seek to. */
export function seek(context: SessionContext, _command: Command, streamId: number): void {
  context.connection.send(
    onStatus(streamId, 'error', STATUS.seekFailed, 'Seeking is not supported in a live stream.'),
  );
}

/** `receiveAudio` (RTMP 7.2.2.4) and `receiveVideo` (RTMP 7.2.2.5). */
export function receive(kind: 'audio' | 'video') {
  return (context: SessionContext, command: Command, streamId: number): void => {
    const role = context.streams.get(streamId);
    const wanted = command.args[1];
    if (role?.role !== 'playing' || typeof wanted !== 'boolean') return;
    context.connection.spend(OPENING_PACKETS);
    role.receive(kind, wanted);
  };
}

/** `getStreamLength`: 0 says that the stream is live. */
export function getStreamLength(context: SessionContext, command: Command): void {
  context.connection.send(result(command.transactionId, null, 0));
}
