import { expect, test } from 'vitest';
import { readNginxEvent } from '../../../src/cli/hooks/nginx-event.ts';

test('the form of nginx-rtmp becomes an event, the arguments of its URL a param', () => {
  const form =
    'call=publish&addr=203.0.113.9&clientid=7&app=live&name=cam&flashver=LNX&tcurl=rtmp%3A%2F%2Fh%2Flive&pageurl=&swfurl=&token=abc';
  expect(readNginxEvent(form)).toEqual({
    action: 'on_publish',
    client_id: '7',
    ip: '203.0.113.9',
    vhost: '',
    app: 'live',
    stream: 'cam',
    param: '?token=abc',
    tcUrl: 'rtmp://h/live',
  });
});

test.each([
  ['call=play_done', 'on_stop'],
  ['call=publish_done', 'on_unpublish'],
  ['call=update_play', 'on_update'],
  ['call=disconnect', 'on_close'],
  ['call=connect', 'on_connect'],
])('%s is %s', (form, action) => expect(readNginxEvent(form)?.action).toBe(action));

test.each(['{"action":"on_play"}', '', 'a=b', 'call=%0A'])('%j is no such form', (text) =>
  expect(readNginxEvent(text)).toBeUndefined(),
);
