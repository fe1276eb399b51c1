import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, Server } from 'node:net';
import { Command, CommanderError } from 'commander';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { callbacksCommand } from '../../src/cli/callbacks/command.ts';
import type { Rules } from '../../src/cli/callbacks/decide.ts';
import { createCallbackServer } from '../../src/cli/callbacks/server.ts';

const EVENT = {
  client_id: 7,
  ip: '203.0.113.9',
  vhost: 'v',
  app: 'live',
  stream: 'cam',
  param: '?token=key',
  tcUrl: 'rtmp://h/live',
};

const PUBLISHING =
  'the action is not one of on_publish, on_unpublish, on_publish_busy, on_not_found, on_idle';

const OK = { status: 200, body: { code: 0, data: null } };

async function start(options: Rules = {}) {
  const lines: string[] = [];
  const server = createCallbackServer({ ...options, log: (line) => lines.push(line) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const post = async (path: string, body: unknown) => {
    // fetch announces a form as one.
    const raw = typeof body === 'string' || body instanceof URLSearchParams;
    const content = raw ? body : JSON.stringify(body);
    const response = await fetch(`${origin}/api/v1/${path}`, { method: 'POST', body: content });
    return { status: response.status, body: JSON.parse((await response.text()) || 'null') };
  };
  return { origin, port, lines, post };
}

describe('the sample backend', () => {
  test.each([
    ['clients', 'on_connect'],
    ['clients', 'on_close'],
    ['streams', 'on_publish'],
    ['streams', 'on_unpublish'],
    ['sessions', 'on_play'],
    ['sessions', 'on_stop'],
    ['clients', 'on_update'],
    ['streams', 'on_publish_busy'],
    ['streams', 'on_not_found'],
  ])('/%s takes %s of both JSON dialects', async (path, action) => {
    const { post, lines } = await start();
    expect(await post(path, { ...EVENT, action })).toEqual(OK);
    expect(await post(`${path}/?x=1`, { ...EVENT, action, client_id: 'a1b2c3d4' })).toEqual(OK);
    expect(lines[0]?.replace(/^\S+ /, '')).toBe(
      `${action.padEnd(12)} client=7 ip=203.0.113.9 v/live/cam param=?token=*** -> 200 {"code":0,"data":null}`,
    );
    expect(lines[1]).toContain('client=a1b2c3d4');
  });

  test.each([
    ['nonsense', 100, 'the body is not JSON'],
    ['[1]', 100, 'the body is not a JSON object'],
    ['null', 100, 'the body is not a JSON object'],
    ['{"action":"on_dvr","client_id":1}', 200, PUBLISHING],
    ['{"action":"on_play","client_id":1}', 200, PUBLISHING],
    ['{"action":"on_publish","client_id":1.5}', 100, 'the client_id is neither an integer nor a string'],
  ])('refuses %s', async (body, code, message) => {
    const { post, lines } = await start();
    expect(await post('streams', body)).toEqual({ status: 200, body: { code, data: null, message } });
    expect(lines[0]).toContain('POST /api/v1/streams -> 200');
  });

  test('refuses a body over 64 KiB', async () => {
    const { post } = await start();
    const answer = await post('streams', `"${'x'.repeat(70_000)}"`);
    expect(answer).toMatchObject({ status: 413, body: { code: 413 } });
  });

  test('answers GET, OPTIONS and unknown paths', async () => {
    const { origin } = await start();
    const got = await fetch(`${origin}/api/v1/clients`);
    expect([got.status, await got.text(), got.headers.get('access-control-allow-origin')]).toEqual([
      200,
      '{}',
      '*',
    ]);
    const options = await fetch(`${origin}/api/v1/clients`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('access-control-allow-methods')]).toEqual([
      204,
      'GET, POST, OPTIONS',
    ]);
    expect((await fetch(`${origin}/`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  test('denies what it was told to deny', async () => {
    const { post } = await start({ deny: new Map([['on_publish', 403]]) });
    expect(await post('streams', { ...EVENT, action: 'on_publish' })).toEqual({
      status: 403,
      body: { code: 403, data: null, message: 'on_publish is denied' },
    });
    expect(await post('sessions', { ...EVENT, action: 'on_play' })).toEqual(OK);
  });

  test.each([
    ['streams', 'on_publish', '?token=key', '', 'ok'],
    ['streams', 'on_publish', 'a=b&token=key', '', 'ok'],
    ['streams', 'on_publish', '?token=%6bey?token=other', '', 'ok'],
    ['streams', 'on_publish', '', '', 'token missing'],
    ['streams', 'on_publish', '?mytoken=key', '', 'token missing'],
    ['streams', 'on_publish', '?token=', '', 'token wrong'],
    ['streams', 'on_publish', '?token=%', '', 'token wrong'],
    ['sessions', 'on_play', '?token=keys', '', 'token wrong'],
    ['sessions', 'on_play', '', '?token=key', 'token missing'],
    ['clients', 'on_connect', '', '', 'ok'],
    ['clients', 'on_connect', '', '?token=key', 'ok'],
    ['clients', 'on_connect', '', '?token=no', 'token wrong'],
    ['clients', 'on_close', '', '', 'ok'],
    ['streams', 'on_unpublish', '', '', 'ok'],
  ])('with a token: %s %s %j %j is %s', async (path, action, param, query, result) => {
    const { post } = await start({ token: 'key' });
    const answer = await post(path, { ...EVENT, action, param, tcUrl: `rtmp://h/live${query}` });
    if (result === 'ok') expect(answer).toEqual(OK);
    else expect(answer).toEqual({ status: 403, body: { code: 403, data: null, message: result } });
  });

  test('events without a client are taken too', async () => {
    const { post, lines } = await start();
    expect(await post('streams', { action: 'on_idle', vhost: 'v', app: 'live', stream: 'cam' })).toEqual(OK);
    expect(await post('servers', { action: 'server_started', vhost: 'v', event_id: 'e-1' })).toEqual(OK);
    expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual([
      'on_idle      v/live/cam -> 200 {"code":0,"data":null}',
      'server_started v event=e-1 -> 200 {"code":0,"data":null}',
    ]);
  });

  test('an event that comes again is said to', async () => {
    const { post, lines } = await start();
    for (const event_id of ['e-1', 'e-2', 'e-1'])
      await post('clients', { ...EVENT, action: 'on_close', event_id });
    expect(lines.map((line) => / event=(.*) ->/.exec(line)?.[1])).toEqual(['e-1', 'e-2', 'e-1 again']);
  });

  test.each([
    ['clients', 'connect', 'on_connect'],
    ['clients', 'disconnect', 'on_close'],
    ['clients', 'update_publish', 'on_update'],
    ['clients', 'update_play', 'on_update'],
    ['streams', 'publish', 'on_publish'],
    ['streams', 'publish_done', 'on_unpublish'],
    ['sessions', 'play', 'on_play'],
    ['sessions', 'play_done', 'on_stop'],
    ['sessions', 'done', 'on_done'],
  ])('/%s takes the form of call=%s', async (path, call, action) => {
    const { post, lines } = await start();
    const form = new URLSearchParams(
      'app=live&tcurl=rtmp://h/live&addr=203.0.113.9&clientid=7&name=cam&vhost=v',
    );
    form.append('call', call);
    form.append('event_id', 'e-1');
    form.append('token', 'key');
    expect(await post(path, form)).toEqual(OK);
    expect(lines[0]).toContain(
      `${action.padEnd(12)} client=7 ip=203.0.113.9 v/live/cam param=?token=*** event=e-1 -> 200`,
    );
  });

  test('a form is refused by its status, whatever is wrong', async () => {
    const { post } = await start({ token: 'key' });
    const form = (text: string) => new URLSearchParams(text);
    expect((await post('streams', form('call=publish&clientid=7&name=cam'))).status).toBe(403);
    expect((await post('streams', form('call=publish&clientid=7&name=cam&token=key'))).status).toBe(200);
    expect((await post('streams', form('call=play&clientid=7'))).status).toBe(400);
    expect((await post('streams', form('call=publish'))).status).toBe(400);
  });

  test('an action is answered as told, once the token is right', async () => {
    const renamed = { code: 0, data: { stream: 'alice' } };
    const { post } = await start({ token: 'key', answers: new Map([['on_publish', renamed]]) });
    const event = { ...EVENT, action: 'on_publish' };
    expect(await post('streams', event)).toEqual({ status: 200, body: renamed });
    expect((await post('streams', { ...event, param: '' })).status).toBe(403);
    expect(await post('sessions', { ...EVENT, action: 'on_play' })).toEqual(OK);
  });

  test('a client cannot write lines of the log', async () => {
    const { post, lines } = await start();
    await post('streams', { ...EVENT, action: 'on_publish', stream: 'a\nb\u001b[2J', app: 5 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('v/a\uFFFDb\uFFFD[2J');
  });

  test('a peer that leaves in the middle of its body is no event', async () => {
    const { port, post, lines } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /api/v1/streams HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n{');
    socket.end();
    await once(socket.resume(), 'close');
    await post('streams', { ...EVENT, action: 'on_publish' });
    expect(lines).toHaveLength(1);
  });
});

describe('gatecast callbacks', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Runs the command without letting it end the process; resolves with its error. */
  async function failure(...args: string[]): Promise<string> {
    let errors = '';
    const program = new Command('gatecast')
      .exitOverride()
      .configureOutput({ writeErr: (text) => (errors += text) });
    const command = callbacksCommand();
    program.addCommand(command.copyInheritedSettings(program));
    const uncaught = vi.spyOn(command, 'error').mockImplementation((text) => {
      throw new CommanderError(1, 'error', text);
    });
    try {
      await program.parseAsync(['callbacks', ...args], { from: 'user' });
    } catch (error) {
      return (error as Error).message || errors;
    } finally {
      uncaught.mockRestore();
    }
    return 'no error';
  }

  test.each([
    [['--port', 'x'], 'A port is a number from 0 to 65535.'],
    [['--port', '65536'], 'A port is a number from 0 to 65535.'],
    [['--deny', 'on_publish'], 'Write action=status'],
    [['--deny', 'on_forward=403'], 'Write action=status'],
    [['--deny', 'on_publish=100'], 'Write action=status'],
    [['--answer', 'on_forward={}'], 'Write action=json'],
    [['--answer', 'on_publish={'], 'Write action=json'],
    [['--token', ''], 'An empty token would keep nobody out.'],
  ])('%j is an error', async (args, message) => {
    expect(await failure(...args)).toContain(message);
  });

  /** Runs the command with its output kept, until `text` was printed on either channel. */
  async function runUntil(text: RegExp, ...args: string[]): Promise<string> {
    const command = callbacksCommand().exitOverride();
    return new Promise((resolve) => {
      const see = (line: string) => text.test(line) && resolve(line);
      vi.spyOn(console, 'log').mockImplementation((line) => void see(String(line)));
      vi.spyOn(command, 'error').mockImplementation((message) => {
        see(message);
        return undefined as never;
      });
      void command.parseAsync(args, { from: 'user' });
    });
  }

  async function occupied(): Promise<Server> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return server;
  }

  test('a port in use is a sentence', async () => {
    const { port } = (await occupied()).address() as AddressInfo;
    expect(await runUntil(/./, '--port', `${port}`)).toBe(
      `error: Port ${port} of 127.0.0.1 is in use by another program; choose one with --port.`,
    );
  });

  test("an address that is none of this machine's is a sentence", async () => {
    expect(await runUntil(/./, '--port', '0', '--host', '192.0.2.1')).toBe(
      "error: The address 192.0.2.1 is none of this machine's.",
    );
  });

  test('it says where it listens, and refuses as told', async () => {
    const listen = vi.spyOn(Server.prototype, 'listen');
    onTestFinished(() => {
      for (const server of listen.mock.contexts) if (server instanceof Server) server.close();
    });
    const line = await runUntil(
      /listens/,
      '--port',
      '0',
      '--deny',
      'on_play=404',
      '--deny',
      'on_publish=403',
      '--token',
      'k',
    );
    const origin = /http:\/\/\S+:[0-9]+/.exec(line)?.[0] ?? '';
    const answer = await fetch(`${origin}/api/v1/sessions`, {
      method: 'POST',
      body: JSON.stringify({ ...EVENT, action: 'on_play' }),
    });
    expect(answer.status).toBe(404);
  });
});
