import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from './scripted-backend.ts';
import { closingEvent, gateEvent, openGate, staying } from './support.ts';

const EXAMPLES = join(import.meta.dirname, '../../docs/examples');
const { GATECAST_REQUIRE_ALL } = process.env;

const exists = (program: string, flag: string) =>
  spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;

const BACKENDS = [
  {
    name: 'backend.mjs',
    program: process.execPath,
    flag: '--version',
    args: (port: number) => ['backend.mjs', `${port}`],
  },
  {
    name: 'backend.py',
    program: 'python3',
    flag: '--version',
    args: (port: number) => ['backend.py', `${port}`],
  },
  {
    name: 'backend.php',
    program: 'php',
    flag: '--version',
    args: (port: number) => ['-S', `127.0.0.1:${port}`, 'backend.php'],
  },
];

/** Starts the example and waits until its port is open. */
async function startExample(program: string, args: (port: number) => string[]): Promise<string> {
  const port = await freePort();
  const child = spawn(program, args(port), {
    cwd: EXAMPLES,
    stdio: 'ignore',
    env: { ...process.env, TOKEN: 'k&y' },
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  onTestFinished(() => stop(child));
  for (;;) {
    if (failure !== undefined) throw failure;
    if (child.exitCode !== null)
      throw new Error(`${program} ended with ${child.exitCode} before it listened.`);
    if (await accepts(port)) return `http://127.0.0.1:${port}/hooks`;
    await sleep(20);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}

for (const { name, program, flag, args } of BACKENDS) {
  const skip = GATECAST_REQUIRE_ALL !== '1' && !exists(program, flag);
  if (skip) process.stderr.write(`docs/examples/${name} is not tested: ${program} is not installed here.\n`);

  describe.skipIf(skip)(name, () => {
    test.each(['srs1', 'srs5'] as const)(
      'lets in who has the token, and tells the others why not (%s)',
      async (schema) => {
        const url = await startExample(program, args);
        const { gate, hooks } = openGate(
          { on_connect: [url], on_publish: [url], on_close: [url] },
          { schema },
        );
        const publish = (param: string) => gate.authorize(gateEvent('on_publish', { param }), staying());
        const refused = { allowed: false, message: 'code 403: token missing or wrong' };
        expect(await gate.authorize(gateEvent('on_connect', { stream: '', param: '' }), staying())).toEqual({
          allowed: true,
        });
        expect(await publish('?token=k%26y')).toEqual({ allowed: true });
        expect(await publish('?x=1&token=k%26y')).toEqual({ allowed: true });
        expect(await publish('?token=wrong')).toEqual(refused);
        expect(await publish('?token=')).toEqual(refused);
        expect(await publish('')).toEqual(refused);
        gate.emit(closingEvent('on_close'));
        expect(await hooks.drain(10_000)).toEqual({ delivered: 1, left: 0 });
      },
    );
  });
}
