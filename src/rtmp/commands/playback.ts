import type { Command } from '../../protocol/rtmp/command.ts';
import { streamBegin, streamEof } from '../../protocol/rtmp/control.ts';
import { STATUS } from '../../protocol/rtmp/status.ts';
import { OPENING_PACKETS } from '../limits.ts';
import { onStatus, result } from '../replies.ts';
import type { Dialogue } from '../session-context.ts';

/** `pause` (RTMP 7.2.2.8): a paused player gets nothing, and goes on with the newest picture. */
export function pause(dialogue: Dialogue, command: Command, streamId: number): void {
  const role = dialogue.streams.get(streamId);
  if (role?.role !== 'playing') return;
  const { connection } = dialogue;
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
export function seek(dialogue: Dialogue, _command: Command, streamId: number): void {
  dialogue.connection.send(
    onStatus(streamId, 'error', STATUS.seekFailed, 'A live stream cannot be searched.'),
  );
}

/** `receiveAudio` (RTMP 7.2.2.4) and `receiveVideo` (RTMP 7.2.2.5). */
export function receive(kind: 'audio' | 'video') {
  return (dialogue: Dialogue, command: Command, streamId: number): void => {
    const role = dialogue.streams.get(streamId);
    const wanted = command.args[1];
    if (role?.role !== 'playing' || typeof wanted !== 'boolean') return;
    dialogue.connection.spend(OPENING_PACKETS);
    role.receive(kind, wanted);
  };
}

/** `getStreamLength`: 0 says that the stream is live. */
export function getStreamLength(dialogue: Dialogue, command: Command): void {
  dialogue.connection.send(result(command.transactionId, null, 0));
}
