import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, statusInfo } from '../../protocol/rtmp/status.ts';
import { MAX_MESSAGE_STREAMS } from '../limits.ts';
import type { Role } from '../message-streams.ts';
import { command as commandMessage, failure, onStatus, result } from '../replies.ts';
import type { Dialogue } from '../session-context.ts';

/** `createStream` (RTMP 7.2.1.3). */
export function createStream(dialogue: Dialogue, command: Command): void {
  const id = dialogue.streams.create();
  const { transactionId } = command;
  if (id === undefined) {
    const info = statusInfo(
      'error',
      STATUS.streamFailed,
      `a connection may have ${MAX_MESSAGE_STREAMS} streams`,
    );
    dialogue.connection.send(failure(transactionId, info));
    return;
  }
  dialogue.connection.send(result(transactionId, null, id));
}

/**
 * `deleteStream` (RTMP 7.2.2.3): the id comes as an argument; the client expects no answer. GStreamer's rtmp2sink gives
 * the name under which it publishes.
 */
export function deleteStream(dialogue: Dialogue, command: Command): void {
  const [, given] = command.args;
  const id = typeof given === 'string' ? dialogue.streams.publishedAs(bareName(given)) : given;
  if (typeof id === 'number') endRole(dialogue, id, dialogue.streams.delete(id));
}

/** `closeStream`: ends what runs on the message stream that carries the command, which stays usable. */
export function closeStream(dialogue: Dialogue, _command: Command, streamId: number): void {
  endRole(dialogue, streamId, dialogue.streams.clear(streamId));
}

/** `releaseStream`, `FCPublish` and others whose only answer is that they were heard. */
export function acknowledge(dialogue: Dialogue, command: Command): void {
  if (command.transactionId !== 0) dialogue.connection.send(result(command.transactionId, null, undefined));
}

/** `FCUnpublish`: ends a publish by its stream name, as FMLE and its heirs do before deleteStream. */
export function fcUnpublish(dialogue: Dialogue, command: Command): void {
  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  const roles = dialogue.streams;
  const id = roles.publishedAs(bareName(name));
  const info = { code: STATUS.unpublishSuccess, description: 'Stopped publishing.' };
  dialogue.connection.send(commandMessage(id ?? 0, 'onFCUnpublish', 0, null, info));
  acknowledge(dialogue, command);
  if (id !== undefined) endRole(dialogue, id, roles.clear(id));
}

/** A stream's name without path and query. */
function bareName(name: string): string {
  const [path = ''] = name.replaceAll(' ', '').split(/[?#]/, 1);
  return path.split('/').filter(Boolean).at(-1) ?? '';
}

function endRole(dialogue: Dialogue, id: number, role: Role | undefined): void {
  if (!role) return;
  if (role.role === 'publishing') role.end('client', 'unpublished');
  else role.end('client');
  const stopped =
    role.role === 'publishing'
      ? onStatus(id, 'status', STATUS.unpublishSuccess, `Stopped publishing ${role.key.stream}.`)
      : onStatus(id, 'status', STATUS.playStop, `Stopped playing ${role.key.stream}.`);
  dialogue.connection.send(stopped);
}
