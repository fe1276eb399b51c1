#!/usr/bin/env node
// Pictures of every page of the console, with real streams in them: `npm run screenshots -- FOLDER` (default: screenshots).
// Needs ffmpeg and Chromium. `--readme` writes docs/console.png too.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = process.argv.slice(2);
const folder = resolve(args.find((arg) => !arg.startsWith('--')) ?? 'screenshots');
const ffmpeg = process.env.FFMPEG_PATH ?? 'ffmpeg';
const work = mkdtempSync(join(tmpdir(), 'gatecast-screenshots-'));
const children = [];

/** Seconds for which there is something to see before the first picture. */
const WARM_UP_S = 40;

const SOURCES = [
  {
    name: 'live/studio',
    picture: 'gradients=s=1280x720:r=30:c0=0x1b2a6b:c1=0xe0567a:c2=0xf6b352:c3=0x2a9d8f:n=4:speed=0.02',
    rate: '2600k',
  },
  {
    name: 'live/camera-2',
    picture: 'mandelbrot=s=1280x720:r=25:start_scale=0.6:end_scale=0.02:end_pts=600',
    rate: '1800k',
  },
  {
    name: 'events/keynote',
    picture: 'gradients=s=1280x720:r=25:c0=0x04293a:c1=0x41b3a3:c2=0x0b62c4:n=3:type=radial:speed=0.01',
    rate: '1200k',
  },
  { name: 'radio/late-night', picture: undefined, rate: undefined },
];
const PLAYERS = ['live/studio', 'live/studio', 'live/camera-2', 'events/keynote'];
const DEVICES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

try {
  mkdirSync(folder, { recursive: true });
  console.log('makes the streams …');
  const files = SOURCES.map(makeSource);
  const backend = await startBackend();
  const server = await startServer(backend);
  for (const [index, { name }] of SOURCES.entries()) publish(files[index], server.rtmp(name));
  await pause(3000);
  for (const name of PLAYERS) play(server.rtmp(name));
  const timer = setInterval(
    () => publish(files[0], server.rtmp(`live/backstage?token=yesterdays-key`)),
    6000,
  );
  console.log(`lets them run for ${WARM_UP_S} s …`);
  await pause(WARM_UP_S * 1000);
  await takePictures(server.origin);
  clearInterval(timer);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
}
process.exit(0);

/** A short film that can be sent again and again without encoding it anew. */
function makeSource({ picture, rate }, index) {
  const file = join(work, `${index}.flv`);
  const video = picture ? ['-f', 'lavfi', '-i', picture] : [];
  const codec = picture
    ? [
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-b:v',
        rate,
        '-maxrate',
        rate,
        '-bufsize',
        rate,
        '-g',
        '50',
        '-pix_fmt',
        'yuv420p',
      ]
    : [];
  const sound = [
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=${220 * (index + 1)}:sample_rate=48000`,
    '-ac',
    '2',
    '-c:a',
    'aac',
    '-b:a',
    '128k',
  ];
  const { status, stderr } = spawnSync(
    ffmpeg,
    ['-v', 'error', '-y', ...video, ...sound, ...codec, '-t', '20', file],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`ffmpeg could not make a stream: ${stderr}`);
  return file;
}

function run(command, ...parameters) {
  const child = spawn(command, parameters, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function publish(file, url) {
  run(
    ffmpeg,
    '-v',
    'fatal',
    '-re',
    '-stream_loop',
    '-1',
    '-i',
    file,
    '-c',
    'copy',
    '-f',
    'flv',
    url,
  ).stdout.resume();
}

function play(url) {
  run(ffmpeg, '-v', 'fatal', '-i', url, '-c', 'copy', '-f', 'null', '-').stdout.resume();
}

/** A backend that takes its time now and then, and refuses whoever shows yesterday's key. */
async function startBackend() {
  let count = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    count++;
    await pause(count % 7 === 0 ? 60 : count % 3 === 0 ? 12 : 2);
    const refused = body.includes('yesterdays-key') && body.includes('on_publish');
    response.setHeader('content-type', 'application/json');
    response.end(
      refused ? '{"code":1403,"msg":"this token has expired"}' : '{"code":0,"data":{"max_viewers":500}}',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function startServer(backend) {
  const conf = join(work, 'gatecast.conf');
  const hooks = [
    ['on_connect', 'clients'],
    ['on_close', 'clients'],
    ['on_publish', 'streams'],
    ['on_unpublish', 'streams'],
    ['on_play', 'sessions'],
    ['on_stop', 'sessions'],
    ['on_update', 'usage'],
  ];
  writeFileSync(
    conf,
    `# The configuration behind the pictures.
listen 127.0.0.1:0;
state_dir ${join(work, 'objs')};

http_api {
    enabled on;
    listen 127.0.0.1:0;
    edit_config on;
}

http_server {
    enabled on;
    listen 127.0.0.1:0;
}

vhost __defaultVhost__ {
    http_remux {
        enabled on;
    }
    hls {
        enabled on;
    }
    http_hooks {
        enabled on;
        update_interval 10;
${hooks.map(([event, path]) => `        ${event} ${backend}/api/v1/${path};`).join('\n')}
    }
}
`,
  );
  const child = run(process.execPath, 'dist/cli/main.js', '-c', conf);
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = line.startsWith('{') ? JSON.parse(line) : {};
    if (entry.msg !== 'gatecast is listening') continue;
    child.stdout.resume();
    const rtmp = entry.listen.find(({ protocol }) => protocol === undefined || protocol === 'rtmp');
    return {
      origin: `http://127.0.0.1:${entry.api.port}`,
      rtmp: (name) => `rtmp://127.0.0.1:${rtmp.port}/${name}`,
    };
  }
  throw new Error('the server ended before it listened');
}

async function takePictures(origin) {
  const ask = async (path) => (await fetch(`${origin}/api/v2${path}`)).json();
  const { streams } = await ask('/streams');
  const { deliveries } = await ask('/deliveries?outcome=refused');
  const studio = streams.find(({ name }) => name === 'studio');
  const pages = {
    streams: '/',
    stream: `/streams/${studio.id}`,
    hooks: '/hooks',
    delivery: `/hooks/deliveries/${deliveries.at(-1).id}`,
    backends: '/hooks/health',
    configuration: '/config',
    edit: '/config/edit',
    server: '/server',
  };
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  for (const [device, viewport] of Object.entries(DEVICES)) {
    for (const colorScheme of ['light', 'dark']) {
      const options = { viewport, colorScheme, deviceScaleFactor: device === 'phone' ? 2 : 1 };
      const context = await browser.newContext(options);
      await context.addInitScript(() => localStorage.setItem('gatecast.previews', 'true'));
      const page = await context.newPage();
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(`${origin}/console${path}`);
        await prepare(page, name);
        const file = join(folder, `${name}-${device}-${colorScheme}.png`);
        await page.screenshot({ path: file });
        console.log(file);
        if (
          args.includes('--readme') &&
          name === 'streams' &&
          device === 'desktop' &&
          colorScheme === 'light'
        ) {
          await page.screenshot({ path: join(root, 'docs/console.png') });
        }
      }
      await context.close();
    }
  }
  await browser.close();
}

/** Does on a page what somebody would do there, and waits until there is something to see. */
async function prepare(page, name) {
  await page.getByRole('heading', { level: 1 }).waitFor();
  if (name === 'stream') await page.getByRole('button', { name: 'Play', exact: true }).click();
  if (name === 'edit') {
    const text = page.getByRole('textbox', { name: 'Configuration file' });
    const before = await text.inputValue();
    await text.fill(
      before
        .replace('update_interval 10', 'update_interval 30')
        .replace('listen 127', 'max_connections 5000;\nlisten 127'),
    );
  }
  await pause({ streams: 9000, stream: 9000, server: 9000 }[name] ?? 2000);
}
