import type { AmfObject } from '../amf0/value.ts';

/** The codes we put into `_result`, `_error` and `onStatus` (RTMP 7.2; the lists are Adobe's NetStatusEvent). */
export const STATUS = {
  connectSuccess: 'NetConnection.Connect.Success',
  connectRejected: 'NetConnection.Connect.Rejected',
  connectInvalidApp: 'NetConnection.Connect.InvalidApp',
  connectClosed: 'NetConnection.Connect.Closed',
  callFailed: 'NetConnection.Call.Failed',
  publishStart: 'NetStream.Publish.Start',
  publishBadName: 'NetStream.Publish.BadName',
  publishDenied: 'NetStream.Publish.Denied',
  unpublishSuccess: 'NetStream.Unpublish.Success',
  playReset: 'NetStream.Play.Reset',
  playStart: 'NetStream.Play.Start',
  playStop: 'NetStream.Play.Stop',
  playFailed: 'NetStream.Play.Failed',
  playStreamNotFound: 'NetStream.Play.StreamNotFound',
  playPublishNotify: 'NetStream.Play.PublishNotify',
  playUnpublishNotify: 'NetStream.Play.UnpublishNotify',
  dataStart: 'NetStream.Data.Start',
  pauseNotify: 'NetStream.Pause.Notify',
  unpauseNotify: 'NetStream.Unpause.Notify',
  seekNotify: 'NetStream.Seek.Notify',
  seekFailed: 'NetStream.Seek.Failed',
  streamFailed: 'NetStream.Failed',
} as const;

/** One of the codes in {@link STATUS}. */
export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** The info object of a status message. `description` is a sentence that the user of an encoder may get to see. */
export function statusInfo(level: 'status' | 'error', code: StatusCode, description: string): AmfObject {
  return { level, code, description };
}
