import { ProtocolError } from '../../protocol/errors.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { STATUS, statusInfo } from '../../protocol/rtmp/status.ts';
import { failure } from '../replies.ts';
import type { ConnectInfo, SessionContext } from '../session-context.ts';
import { connect } from './connect.ts';
import { play } from './play.ts';
import { getStreamLength, pause, receive, seek } from './playback.ts';
import { publish } from './publish.ts';
import { acknowledge, closeStream, createStream, deleteStream, fcUnpublish } from './streams.ts';

type Handler = (
  context: SessionContext,
  command: Command,
  streamId: number,
  connectInfo: ConnectInfo,
) => Promise<void> | undefined | void;

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['createStream', createStream],
  ['releaseStream', acknowledge],
  ['FCPublish', acknowledge],
  ['publish', publish],
  ['FCUnpublish', fcUnpublish],
  ['deleteStream', deleteStream],
  ['closeStream', closeStream],
  ['play', play],
  ['pause', pause],
  ['seek', seek],
  ['receiveAudio', receive('audio')],
  ['receiveVideo', receive('video')],
  ['getStreamLength', getStreamLength],
  ['_checkbw', acknowledge],
  ['FCSubscribe', acknowledge],
]);

/** Answers to our own commands and notices: they ask for nothing. */
const ANSWERS = new Set(['_result', '_error', 'onStatus']);

/**
 * Guards the order of the session (`connect` first and once) and hands a command to its file. A promise means that the
 * client has to wait: nothing else of it may be acted on until then.
 */
export function dispatch(
  context: SessionContext,
  command: Command,
  streamId: number,
): Promise<void> | undefined {
  const { connectInfo } = context;
  if (command.name === 'connect') {
    if (connectInfo) throw new ProtocolError('command', 'The client sent connect twice');
    return connect(context, command);
  }
  if (!connectInfo)
    throw new ProtocolError('command', `The client sent ${printable(command.name)} before connect`);
  const handler = HANDLERS.get(command.name);
  if (handler) return handler(context, command, streamId, connectInfo) ?? undefined;
  if (!ANSWERS.has(command.name) && command.transactionId !== 0) {
    const info = statusInfo('error', STATUS.callFailed, `There is no method ${printable(command.name)}.`);
    context.connection.send(failure(command.transactionId, info));
  }
  return undefined;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 32));
}
