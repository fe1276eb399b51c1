import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, type Script, startBackend } from '../hooks/scripted-backend.ts';
import { type Child, startChild } from '../support/child.ts';
import { gatecast, ROOT, startGatecast } from '../support/gatecast.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { requiredProgram } from '../support/requires.ts';
import { startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { ownStateDir } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { connectWhere } from '../support/workers.ts';

const KEY = 's3cret-token';

/** Runs a command to its end. */
async function run(...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const child = stopped(gatecast(args, { NO_COLOR: '1' }));
  const code = await child.end();
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** `gatecast callbacks`, at a port of its own. */
async function startSample(...args: string[]): Promise<{ child: Child; origin: string }> {
  const child = stopped(gatecast(['callbacks', '--port', '0', ...args]));
  const line = await child.line(/listens at/);
  return { child, origin: /http:\/\/\S+:\d+/.exec(line)?.[0] ?? '' };
}

/** `http_hooks` for the sample backend. */
const sampleHooks = (origin: string) => `http_hooks { enabled on;
  on_connect ${origin}/api/v1/clients; on_close ${origin}/api/v1/clients;
  on_publish ${origin}/api/v1/streams?key=abcdef; on_unpublish ${origin}/api/v1/streams; }`;

async function scripted(script: Script, options?: { https?: boolean }): Promise<string> {
  const backend = await startBackend(script, options);
  onTestFinished(() => backend.close());
  return backend.origin;
}

/** Publishes once, from the question to the end. */
async function publishOnce(port: number, name: string): Promise<void> {
  const publisher = await startPublishing(name, { port });
  publisher.stop();
  await publisher.session.closed;
}

describe('watching a running server', () => {
  async function open() {
    const sample = await startSample('--token', KEY);
    const stateDir = ownStateDir();
    const conf = `state_dir ${stateDir};\nvhost __defaultVhost__ { ${sampleHooks(sample.origin)} }`;
    const server = stopped(await startGatecast(conf));
    return { sample, stateDir, conf, server };
  }

  test('tail shows what was and what comes, a line for each delivery, and ends with the server', async () => {
    const { server, stateDir } = await open();
    await publishOnce(server.port, `one?token=${KEY}`);
    const tail = stopped(gatecast(['hooks', 'tail', '-c', server.confFile]));
    await tail.line(/on_publish .*one/);
    await publishOnce(server.port, `two?token=${KEY}`);
    await tail.line(/on_unpublish .*two/);
    await expect(startPublishing('three?token=nonsense', { port: server.port })).rejects.toThrow();
    const refused = await tail.line(/on_publish .*three/);
    expect(refused).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} \w{8}-1 on_publish {3}\w{8} __defaultVhost__\/live\/three http:\S+\?key=\*\*\* 403 [\d.]+ ms refused: status 403, code 403: token wrong$/,
    );
    server.child.kill('SIGTERM');
    expect(await tail.end()).toBe(0);
    expect(tail.stderr).toBe('The server has stopped.\n');
    expect(tail.stdout).not.toContain(KEY);
    expect(tail.lines.filter((line) => line.includes('on_publish'))).toHaveLength(3);
    expect(existsSync(`${stateDir}/control.sock`)).toBe(false);
  });

  test('tail leaves out what its filters leave out, and speaks JSON', async () => {
    const { server, stateDir } = await open();
    await publishOnce(server.port, `one?token=${KEY}`);
    const args = ['hooks', 'tail', '--state-dir', stateDir, '--json'];
    const events = stopped(gatecast([...args, '--event', 'on_publish']));
    const failures = stopped(gatecast([...args, '--failed']));
    const line = await events.line('on_publish');
    expect(JSON.parse(line)).toMatchObject({ action: 'on_publish', stream: 'one', outcome: 'allowed' });
    server.child.kill('SIGTERM');
    await Promise.all([events.end(), failures.end()]);
    expect(events.stdout.trim().split('\n')).toHaveLength(1);
    expect(failures.stdout).toBe('');
  });

  test('show tells all of a delivery but its secrets, and replay sends the very same event again', async () => {
    const { server, stateDir, sample } = await open();
    await publishOnce(server.port, `one?token=${KEY}`);
    const tail = stopped(gatecast(['hooks', 'tail', '--state-dir', stateDir]));
    const line = await tail.line(/on_publish .*one/);
    const id = line.split(' ')[1] ?? '';
    const shown = await run('hooks', 'show', id, '--state-dir', stateDir);
    expect(shown.stdout).toContain('"param":"?token=***"');
    expect(shown.stdout).toMatch(/^status 200$/m);
    expect(shown.stdout).toMatch(/^time {5}[\d.]+ ms: queue [\d.]+, connect [\d.]+, first byte [\d.]+$/m);
    expect(shown.stdout).not.toContain(KEY);
    const event = /^event {4}(\S+)$/m.exec(shown.stdout)?.[1];

    const replayed = await run('hooks', 'replay', id, '--state-dir', stateDir);
    expect(replayed.code).toBe(0);
    expect(replayed.stdout).toMatch(/on_publish .* 200 .* allowed \(attempt 2\)\n$/);
    await tail.line('(attempt 2)');
    // The backend knows it again by its id; and the token was right, so it is the true one that was sent.
    await sample.child.line(`event=${event} again -> 200`);
  });

  test('an unknown delivery, and a server that is not there, are sentences', async () => {
    const { stateDir } = await open();
    expect(await run('hooks', 'show', 'nothing-1', '--state-dir', stateDir)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: The journal has no delivery nothing-1 (any more).\n',
    });
    const { code, stderr } = await run('hooks', 'tail', '--state-dir', '/nowhere/at/all');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('No server answers at /nowhere/at/all/control.sock.'),
    ]);
  });

  test('a state directory has one server; a killed one leaves it to the next', async () => {
    const { server, stateDir, conf } = await open();
    await expect(startGatecast(conf)).rejects.toThrow(
      `the state directory ${stateDir} is used by process ${server.child.pid}; give this server its own with state_dir`,
    );
    server.child.kill('SIGKILL');
    await server.child.exited;
    expect(existsSync(`${stateDir}/control.sock`)).toBe(true);
    stopped(await startGatecast(conf));
    const tail = stopped(gatecast(['hooks', 'tail', '--state-dir', stateDir]));
    await until('a tail that follows', () => tail.running);
  });

  test('one whose server is killed says that it was cut off', async () => {
    const { server, stateDir } = await open();
    await publishOnce(server.port, `one?token=${KEY}`);
    const tail = stopped(gatecast(['hooks', 'tail', '--state-dir', stateDir]));
    await tail.line(/on_publish/);
    server.child.kill('SIGKILL');
    expect([await tail.end(), tail.stderr]).toEqual([1, 'error: The connection to the server was lost.\n']);
  });
});

test('with workers, the primary has the deliveries and the numbers of all of them', async () => {
  const backends = stopped(await startBackends('b'));
  const stateDir = ownStateDir();
  const hooks = hooksTo([backends.at['b'] ?? ''], 'hook');
  const server = stopped(
    await startGatecast(`workers 2;\nstate_dir ${stateDir};\nvhost __defaultVhost__ { ${hooks} }`),
  );
  const tail = stopped(gatecast(['hooks', 'tail', '--state-dir', stateDir, '--event', 'on_publish']));
  const first = await connectWhere(server, () => true);
  await first.session.publish('one');
  const second = await connectWhere(server, (worker) => worker !== first.worker);
  await second.session.publish('two');
  await tail.line(/live\/one .*allowed/);
  await tail.line(/live\/two .*allowed/);
  const client = new Client('http://control', { socketPath: `${stateDir}/control.sock` });
  onTestFinished(() => client.destroy());
  const { body } = await client.request({ method: 'GET', path: '/metrics' });
  expect(await body.text()).toContain(
    `gatecast_hook_deliveries_total{event="on_publish",origin="${backends.at['b']}",outcome="allowed"} 2\n`,
  );
});

describe('hooks send', () => {
  const send = (url: string, ...args: string[]) =>
    run('hooks', 'send', 'on_publish', '--url', url, '--timeout', '1000', ...args);

  test('the sample backend lets a right token in and a wrong one not, and the client would see why', async () => {
    const { origin } = await startSample('--token', KEY);
    const url = `${origin}/api/v1/streams`;
    const yes = await send(url, '--param', `token=${KEY}`);
    expect([yes.code, yes.stderr]).toEqual([0, '']);
    expect(yes.stdout).toContain('verdict  allowed: status 200 and code 0 are a yes\n');
    const no = await send(url, '--param', 'token=nonsense', '--schema', 'srs5');
    expect(no.code).toBe(1);
    expect(no.stdout).toContain('verdict  refused: status 403, code 403: token wrong\n');
    expect(no.stdout).toContain(
      'client   sees NetStream.Publish.Denied with the description "code 403: token wrong"\n',
    );
    const form = await send(url, '--param', `token=${KEY}`, '--schema', 'nginx');
    expect(form.stdout).toContain('call=publish');
    expect(form.stdout).toContain('verdict  allowed: status 200 is a yes\n');
    expect(form.code).toBe(0);
  });

  test('what a yes grants is told', async () => {
    const origin = await scripted(() => '{"code":0,"data":{"stream":"alice","max_duration":60}}');
    const { code, stdout } = await send(origin);
    expect(code).toBe(0);
    expect(stdout).toContain('client   gets the stream "alice"\nclient   may stay for 60 s\n');
  });

  test.each<[string, string, Script]>([
    ['a string', 'status 200 but body "\\"0\\"" is a JSON string, not the int 0', () => '"0"'],
    [
      'a redirect',
      'status 302 is not 200 (redirects are not followed), body ""',
      () => ({ status: 302, headers: { location: '/login' } }),
    ],
    ['nothing', 'did not answer within 1000 ms.', () => undefined],
  ])('a backend that answers with %s is explained', async (_what, words, script) => {
    const { code, stdout } = await send(await scripted(script));
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^verdict {2}refused: .*$/m)]);
    expect(stdout).toContain(words);
    expect(stdout).toContain('client   sees NetStream.Publish.Denied');
  });

  test('so are a closed port and a certificate that nobody trusts', async () => {
    const closed = await send(`http://127.0.0.1:${await freePort()}/`);
    expect([closed.code, closed.stdout]).toEqual([1, expect.stringContaining('refused the connection.')]);
    const strange = await scripted(() => '0', { https: true });
    const untrusted = await send(strange);
    expect(untrusted.stdout).toMatch(/verdict {2}refused: .* has a certificate that is not trusted \(/);
    expect((await send(strange, '--insecure')).code).toBe(0);
    const ca = resolve(ROOT, 'test/hooks/fixtures/ca.pem');
    expect((await send(strange, '--ca', ca)).code).toBe(0);
  });

  test('a closing event has no client that would see anything', async () => {
    const { code, stdout } = await run('hooks', 'send', 'on_close', '--url', await scripted(() => '1'));
    expect(code).toBe(1);
    expect(stdout).toContain('verdict  not delivered: code 1\n');
    expect(stdout).toContain('client   sees nothing of it; the server would send it again\n');
  });

  test('mistakes in its words are those of a configuration', async () => {
    const { code, stderr } = await send('ftp://127.0.0.1/');
    expect([code, stderr]).toEqual([1, expect.stringContaining('error: on_publish is "ftp://127.0.0.1/"')]);
    expect((await send('http://h/', '--secret', 'env:NOT_SET_AT_ALL')).stderr).toContain(
      'NOT_SET_AT_ALL is empty',
    );
  });
});

describe('hooks verify', () => {
  async function verify(conf: string) {
    const directory = ownStateDir();
    const { confFile } = stopped(await startGatecast(`state_dir ${directory};\n${conf}`));
    return run('hooks', 'verify', '-c', confFile);
  }

  test('a backend that says no on purpose works, and its row says so', async () => {
    const { origin, child } = await startSample('--token', KEY);
    const { code, stdout } = await verify(`vhost __defaultVhost__ { ${sampleHooks(origin)} }`);
    expect(stdout).toMatch(/on_connect +http\S+ +200 +[\d.]+ ms +works: allowed$/m);
    expect(stdout).toMatch(/on_publish .* works: refused \(status 403, code 403: token missing\)$/m);
    expect(stdout).toMatch(/on_close .* works: taken$/m);
    expect(stdout).toContain('4 URLs asked, and each gave an answer that the server understands.');
    expect(code).toBe(0);
    await child.line(/on_unpublish .*live\/gatecast-verify/);
  });

  test('each URL that would not work is found, and makes it fail', async () => {
    const one = await scripted((request) => (request.url === '/string' ? '"0"' : '0'));
    const strange = await scripted(() => '0', { https: true });
    const hooks = `http_hooks { enabled on; timeout 1000;
      on_connect ${one}/fine; on_publish ${one}/string ${one}/fine;
      on_play ${strange}/; on_stop http://127.0.0.1:${await freePort()}/gone; }`;
    const { code, stdout } = await verify(`vhost __defaultVhost__ { ${hooks} }`);
    expect(stdout).toMatch(/on_publish .*\/string .* does not work: status 200 but body .* JSON string/m);
    expect(stdout).toMatch(/on_publish .*\/fine .* works: allowed$/m);
    expect(stdout).toMatch(/on_play .* does not work: has a certificate that is not trusted/m);
    expect(stdout).toMatch(/on_stop .*\/gone +- .* does not work: refused the connection$/m);
    expect(stdout).toContain('5 URLs asked, 3 would not work.');
    expect(code).toBe(1);
  });

  test('a configuration without hooks has nothing to verify', async () => {
    const { code, stdout } = await verify('vhost __defaultVhost__ { }');
    expect([code, stdout]).toEqual([0, expect.stringContaining('there is nothing to verify')]);
  });
});

describe('hooks listen', () => {
  test('without a terminal it allows everything and says so', async () => {
    const child = stopped(gatecast(['hooks', 'listen', '--port', '0']));
    const origin = /http:\/\/\S+:\d+/.exec(await child.line(/listens at/))?.[0] ?? '';
    await child.line('Standard input is no terminal, so everything is allowed.');
    const { code } = await run('hooks', 'send', 'on_play', '--url', `${origin}/anything`);
    expect(code).toBe(0);
    await child.line(/on_play .*livestream .*-> allowed$/);
  });

  test('in a terminal a key lets a client in, and a reason is what the refused one sees', async (context) => {
    const script = requiredProgram(context, 'script');
    const main = resolve(ROOT, 'dist/cli/main.js');
    const command = `'${process.execPath}' '${main}' hooks listen --port 0`;
    const terminal = stopped(
      startChild(script, ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'] }),
    );
    const printed = (text: string | RegExp) =>
      until(`the terminal shows ${text}`, () =>
        typeof text === 'string' ? terminal.stdout.includes(text) : text.test(terminal.stdout),
      );
    await printed('waiting for events');
    const origin = /http:\/\/[\d.]+:\d+/.exec(terminal.stdout)?.[0] ?? '';
    const ask = (stream: string) =>
      run('hooks', 'send', 'on_publish', '--url', `${origin}/x`, '--stream', stream);

    const one = ask('one');
    await printed(/on_publish one: a allow, d deny, A allow all, D deny all \(\d+ s left\)/);
    terminal.type('a');
    expect((await one).code).toBe(0);

    const two = ask('two');
    await printed('on_publish two: a allow');
    terminal.type('d');
    await printed('on_publish two: why not?');
    terminal.type('no ticket\r');
    const { code, stdout } = await two;
    expect(code).toBe(1);
    expect(stdout).toContain('"code 403: no ticket"');

    terminal.type('A');
    await printed('allowing all');
    expect((await ask('three')).code).toBe(0);
    terminal.type('\u0003');
    expect(await terminal.end()).toBe(0);
  });
});
