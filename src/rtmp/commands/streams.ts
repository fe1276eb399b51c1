import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, statusInfo } from '../../protocol/rtmp/status.ts';
import { MAX_MESSAGE_STREAMS, type Role } from '../message-streams.ts';
import { command as commandMessage, failure, onStatus, result } from '../replies.ts';
import type { SessionContext } from '../session-context.ts';

/** `createStream` (RTMP 7.2.1.3). */
export function createStream(context: SessionContext, command: Command): void {
  const id = context.streams.create();
  const { transactionId } = command;
  if (id === undefined) {
    const info = statusInfo(
      'error',
      STATUS.streamFailed,
      `a connection may have ${MAX_MESSAGE_STREAMS} streams`,
    );
    context.connection.send(failure(transactionId, info));
    return;
  }
  context.connection.send(result(transactionId, null, id));
}

/**
 * `deleteStream` (RTMP 7.2.2.3): the id comes as an argument; the client expects no answer. GStreamer's rtmp2sink gives
 * the name under which it publishes.
 */
export function deleteStream(context: SessionContext, command: Command): void {
  const [, given] = command.args;
  const id = typeof given === 'string' ? context.streams.publishedAs(bareName(given)) : given;
  if (typeof id === 'number') endRole(context, id, context.streams.delete(id));
}

/** `closeStream`: ends what runs on the message stream that carries the command, which stays usable. */
export function closeStream(context: SessionContext, _command: Command, streamId: number): void {
  endRole(context, streamId, context.streams.clear(streamId));
}

/** `releaseStream`, `FCPublish` and others whose only answer is that they were heard. */
export function acknowledge(context: SessionContext, command: Command): void {
  if (command.transactionId !== 0) context.connection.send(result(command.transactionId, null, undefined));
}

/** `FCUnpublish`: ends a publish by its stream name, as FMLE and its heirs do before deleteStream. */
export function fcUnpublish(context: SessionContext, command: Command): void {
  const name = typeof command.args[1] === 'string' ? command.args[1] : '';
  const roles = context.streams;
  const id = roles.publishedAs(bareName(name));
  const info = { code: STATUS.unpublishSuccess, description: 'Stopped publishing.' };
  context.connection.send(commandMessage(id ?? 0, 'onFCUnpublish', 0, null, info));
  acknowledge(context, command);
  if (id !== undefined) endRole(context, id, roles.clear(id));
}

/** A stream's name without path and query. */
function bareName(name: string): string {
  const [path = ''] = name.replaceAll(' ', '').split(/[?#]/, 1);
  return path.split('/').filter(Boolean).at(-1) ?? '';
}

function endRole(context: SessionContext, id: number, role: Role | undefined): void {
  if (!role) return;
  if (role.role === 'publishing') role.end('client', 'unpublished');
  else role.end('client');
  const stopped =
    role.role === 'publishing'
      ? onStatus(id, 'status', STATUS.unpublishSuccess, `Stopped publishing ${role.key.stream}.`)
      : onStatus(id, 'status', STATUS.playStop, `Stopped playing ${role.key.stream}.`);
  context.connection.send(stopped);
}
