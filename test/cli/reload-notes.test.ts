import { expect, test } from 'vitest';
import { notesOfReload } from '../../src/cli/reload-notes.ts';
import { parseConfigText } from '../../src/config/index.ts';

function configOf(text: string) {
  const result = parseConfigText(`listen 1935;\n${text}\nvhost __defaultVhost__ { }`, 'test.conf');
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.config;
}

test.each([
  ['workers 2;', 'workers 3;', 'workers stays 2'],
  ['server_id a;', 'server_id b;', 'server_id stays a'],
  ['', 'server_id b;', 'server_id stays the one that was made up'],
  ['server_id a;', '', 'server_id stays a'],
  ['pid ./a.pid;', 'pid ./b.pid;', 'pid stays ./a.pid'],
  ['', 'pid ./b.pid;', 'pid stays unset'],
  ['srs_log_level trace;', 'srs_log_level warn;', 'srs_log_level stays as it is'],
  ['', 'srs_log_tank file; srs_log_file ./a.log;', 'the log stays on the console'],
  [
    'srs_log_tank file; srs_log_file ./a.log;',
    'srs_log_tank file; srs_log_file ./b.log;',
    'the log stays in ./a.log',
  ],
  ['state_dir ./a;', 'state_dir ./b;', 'state_dir stays ./a'],
  ['outbox { enabled on; }', 'outbox { enabled off; }', 'outbox stays on'],
  ['http_api { enabled off; }', 'http_api { enabled on; }', 'http_api stays as it is'],
])('a reload from "%s" to "%s" says that %s', (started, wanted, note) => {
  expect(notesOfReload(configOf(started), configOf(wanted))).toEqual([
    `${note} until the server is started again`,
  ]);
  expect(notesOfReload(configOf(wanted), configOf(wanted))).toEqual([]);
});

test('nothing is said of what a reload applies', () => {
  const wanted = configOf(
    `max_connections 5; strict_vhost on; drain_timeout 1; hook_journal 5; http_server { enabled on; }
     proxy_protocol { enabled on; trusted 10.0.0.1; } outbox { max_events 7; } vhost other { }`,
  );
  expect(notesOfReload(configOf('srs_log_file ./unused.log;'), wanted)).toEqual([]);
});
