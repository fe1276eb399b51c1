import type { HttpRemuxOptions } from '../../model/options.ts';
import { type BlockSpec, block, directive } from './spec.ts';
import { enabled, one, onOff, text } from './values.ts';

/** Directives of `http_remux { … }`. */
export const HTTP_REMUX: BlockSpec<HttpRemuxOptions> = block({
  path: ['vhost', 'http_remux'],
  doc: 'Streams of this vhost as FLV over HTTP and over WebSocket, from the http_server.',
  directives: {
    enabled: enabled('off', 'On serves the streams.'),
    mount: directive(
      one(text(1024)),
      '[vhost]/[app]/[stream].flv',
      'Path of a stream. [vhost] stands for the host of the URL and can only be its beginning; [app] and [stream] have to be in it. Only .flv is served.',
      '[vhost]/watch/[app]/[stream].flv',
    ),
    hasAudio: onOff('on', 'Off tells players that there is no sound, and leaves it out.'),
    hasVideo: onOff('on', 'Off tells players that there is no picture, and leaves it out.'),
    dropIfNotMatch: onOff(
      'on',
      'Off sends sound and picture even where has_audio or has_video says that there is none.',
    ),
    guessHasAv: onOff(
      'on',
      'Tells players of the sound and the picture that the stream has; off tells them what has_audio and has_video say, whatever there is.',
    ),
  },
});
