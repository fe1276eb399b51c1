import { expect, test } from 'vitest';
import { parseConfigText } from '../../src/config/index.ts';

function errorsOf(text: string) {
  const result = parseConfigText(`${text}\nvhost __defaultVhost__ { }`, 'test.conf');
  return result.ok ? [] : result.errors;
}

test.each([
  'listen 1935 [::]:1935;',
  'listen [::]:1935 1935;',
  'listen 0.0.0.0:1935 [::]:1935;',
  'listen 127.0.0.1:1935 [::]:1935;',
  'listen 1935 127.0.0.1:19350 [::1]:1935;',
  'listen 1935; http_server { enabled on; listen 8080 [::]:8080; }',
  'listen 1935; http_api { enabled on; listen 1985 [::1]:1985; }',
  'listen 1935; http_api { enabled on; listen 1985 [::]:1985; auth { enabled on; username a; password b; } }',
])('%s is no address twice', (text) => expect(errorsOf(text)).toEqual([]));
