import type { HttpRemuxOptions } from '../../model/options.ts';
import type { BlockSpec } from './spec.ts';
import { one, onOff, text } from './values.ts';

/** Directives of `http_remux { … }`. */
export const HTTP_REMUX: BlockSpec<HttpRemuxOptions> = {
  path: ['vhost', 'http_remux'],
  doc: 'Streams of this vhost as FLV over HTTP and over WebSocket, from the http_server.',
  directives: {
    enabled: {
      name: 'enabled',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'off',
      doc: 'On serves the streams.',
      example: 'on',
    },
    mount: {
      name: 'mount',
      takes: 'one value',
      read: one(text(1024)),
      fallback: '[vhost]/[app]/[stream].flv',
      doc: 'Path of a stream. [vhost] stands for the host of the URL and can only be its beginning; [app] and [stream] have to be in it. Only .flv is served.',
      example: '[vhost]/watch/[app]/[stream].flv',
    },
    hasAudio: {
      name: 'has_audio',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off tells players that there is no sound, and leaves it out.',
      example: 'off',
    },
    hasVideo: {
      name: 'has_video',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off tells players that there is no picture, and leaves it out.',
      example: 'off',
    },
    dropIfNotMatch: {
      name: 'drop_if_not_match',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Off sends sound and picture even where has_audio or has_video says that there is none.',
      example: 'off',
    },
    guessHasAv: {
      name: 'guess_has_av',
      takes: 'one value',
      read: one(onOff()),
      fallback: 'on',
      doc: 'Tells players of the sound and the picture that the stream has; off tells them what has_audio and has_video say, whatever there is.',
      example: 'off',
    },
  },
};
