import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, type TestContext, test } from 'vitest';
import { requiredBrowser, videoState } from '../support/browser.ts';
import { openConsole } from '../support/console.ts';
import { makeFlv, requiredFfmpeg, startFfmpeg } from '../support/ffmpeg.ts';
import { hooksTo, startBackends } from '../support/hook-backends.ts';
import { startPlaying, startPublishing } from '../support/rtmp-peer.ts';
import { stopped } from '../support/stopped.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const PLAYBACK = `http_server { enabled on; listen 127.0.0.1:0; }
vhost __defaultVhost__ { http_remux { enabled on; } }`;
const FROM_NODE = createRequire(import.meta.url);

/** Publishes a small live stream until the test ends. */
function publish(url: string): void {
  const source = stopped(temporaryDirectory()).file('source.flv');
  makeFlv(source, { seconds: 4 });
  stopped(startFfmpeg('-re', '-stream_loop', '-1', '-i', source, '-c', 'copy', '-f', 'flv', url));
}

describe('the console, in a browser', () => {
  test('shows a stream, plays it, and shows a viewer out', async (context) => {
    requiredFfmpeg(context);
    requiredBrowser(context);
    const { server, page, show, complaints } = await openConsole(context, PLAYBACK);
    await show('/');
    await page.getByText('Waiting for a publisher').waitFor();
    await page.getByText(`rtmp://127.0.0.1:${server.port}/live`, { exact: true }).waitFor();

    publish(server.url('live/cam'));
    const card = page.getByRole('listitem').filter({ hasText: 'live/cam' });
    await card.getByText('160×120').waitFor();
    await card.getByRole('link', { name: 'live/cam' }).click();

    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until('a second of video', async () => (await videoState(page)).currentTime > 1);

    const viewer = stopped(startFfmpeg('-i', server.url('live/cam'), '-f', 'null', '-'));
    const row = page.getByRole('row').filter({ hasText: 'viewer' }).filter({ hasText: /RTMP/ });
    await row.getByRole('button', { name: /^Kick the viewer/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kick', exact: true }).click();
    await viewer.end();
    await row.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test.for([360, 390])('fits a phone %i pixels wide, with clients there', async (width, context) => {
    requiredBrowser(context);
    const { server, page, show } = await openAxeSubject(context);
    await page.setViewportSize({ width, height: 780 });
    stopped(await startPublishing('cam', { port: server.port }));
    stopped(await startPlaying('cam', { port: server.port }));
    await show('/');
    const link = page.getByRole('link', { name: 'live/cam' });
    await link.waitFor();
    const stream = String(await link.getAttribute('href')).slice('/console'.length);
    for (const path of ['/', stream, '/hooks', '/hooks/health', '/config', '/config/edit', '/server']) {
      await show(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until('the page', async () => (await page.getByText('Loading').count()) === 0);
      expect([path, await widthOf(page)]).toEqual([path, width]);
    }

    await show(stream);
    await page.getByRole('button', { name: /^Kick the viewer/ }).click();
    const dialog = page.getByRole('dialog');
    const cut = await dialog.evaluate((element) => element.scrollWidth - element.clientWidth);
    expect(cut).toBe(0);
    const text = await dialog.getByText('whether it may is your backend').boundingBox();
    expect(text?.x).toBeGreaterThan(0);
    expect((text?.x ?? 0) + (text?.width ?? width)).toBeLessThan(width);
    expect(await widthOf(page)).toBe(width);
  });

  test('has one bitrate for a stream, and plots that begin where the stream does', async (context) => {
    requiredFfmpeg(context);
    requiredBrowser(context);
    const { server, page, show } = await openConsole(context, PLAYBACK);
    await show('/');
    publish(server.url('live/cam'));
    await page.getByRole('link', { name: 'live/cam' }).click();
    const plot = (title: string) => page.locator('figure').filter({ hasText: title }).locator('.unseen');
    await until('the plots', async () => /^Now/.test((await plot('GOP length').textContent()) ?? ''));
    const [shown, plotted] = (await page.evaluate(`[
      document.querySelector('.stats dd').firstChild.textContent,
      document.querySelector('figure .unseen').textContent,
    ]`)) as [string, string];
    expect(plotted).toMatch(/^Now .+bit\/s; in the last minute/);
    expect(plotted).toContain(`Now ${shown};`);
    const [, longest = '', unit] =
      / to ([\d.]+) (m?s)\.$/.exec((await plot('Frame interval').textContent()) ?? '') ?? [];
    expect([Number(longest) < 500, unit]).toEqual([true, 'ms']);
  });

  test('says of a backend that was never asked that it was not', async (context) => {
    requiredBrowser(context);
    const { server, page, show } = await openAxeSubject(context);
    await show('/hooks/health');
    const card = (event: string) => page.getByRole('listitem').filter({ hasText: event });
    await card('on_publish').getByText('not asked yet').waitFor();
    stopped(await startPublishing('cam', { port: server.port }));
    await card('on_publish').getByText('answering').waitFor();
    await card('on_play').getByText('not asked yet').waitFor();
  });

  test('shows a refused hook as it happens, opens it and replays it', async (context) => {
    requiredBrowser(context);
    const backends = stopped(await startBackends('one'));
    backends.reply('one', 'on_publish', '{"code":1403,"msg":"the token has expired"}');
    const hooks = hooksTo([backends.at['one'] ?? ''], 'hooks');
    const { server, page, show, complaints } = await openConsole(
      context,
      `vhost __defaultVhost__ { ${hooks} }`,
    );
    await show('/hooks?event=on_publish');
    await page.getByText('No delivery fits this filter').waitFor();

    await expect(startPublishing('cam', { port: server.port })).rejects.toThrow();
    const rows = page.getByRole('list').getByRole('link');
    await rows.filter({ hasText: 'refused' }).click();
    expect(await rows.count()).toBe(1);

    const sheet = page.getByRole('dialog', { name: 'Delivery' });
    await sheet.getByText(/The client was turned away/).waitFor();
    expect(await sheet.getByRole('region', { name: 'Request' }).textContent()).toContain('"stream": "cam"');
    expect(await sheet.getByRole('region', { name: 'Response' }).textContent()).toContain('1403');
    await sheet.getByRole('button', { name: 'Replay' }).click();
    await sheet.getByText(/Sent again: refused/).waitFor();
    expect(await backends.received(2, 'on_publish')).toHaveLength(2);
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?event=on_publish');
    expect(complaints).toEqual([]);
  });

  test('checks a configuration while it is written, and applies it', async (context) => {
    requiredBrowser(context);
    const { server, page, show, complaints } = await openConsole(context, '', 'edit_config on;');
    await show('/config/edit');
    const text = page.getByRole('textbox', { name: 'Configuration file' });
    const apply = page.getByRole('button', { name: 'Apply …' });
    const before = await text.inputValue();
    await text.fill(`${before}\nmax_conections 321;\n`);
    await page
      .getByText(/max_connections/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: /^Line \d+/ }).click();
    expect(await apply.isDisabled()).toBe(true);

    await text.fill(`${before}\nmax_connections 321;\n`);
    await page.getByText('No errors').waitFor();
    await apply.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Apply', exact: true }).click();
    await page.getByText('The new configuration holds.').waitFor();
    await server.logged('configuration reloaded');
    expect(readFileSync(server.confFile, 'utf8')).toContain('max_connections 321;');
    const setting = page.getByRole('listitem').filter({ hasText: 'max_connections' });
    await setting.getByText('321').waitFor();
    expect(complaints).toEqual([]);
  });

  test('asks for the password, refuses a wrong one, and can be left again', async (context) => {
    requiredBrowser(context);
    const { page, show, complaints } = await openConsole(
      context,
      '',
      'auth { enabled on; username operator; password open-sesame; }',
    );
    await show('/server');
    const logIn = async (password: string) => {
      await page.getByLabel('Username').fill('operator');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Log in' }).click();
    };
    await logIn('close-sesame');
    await page.getByRole('alert').filter({ hasText: 'do not fit' }).waitFor();
    await logIn('open-sesame');
    await page.getByRole('heading', { name: 'Server', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in to Gatecast' }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('says when the server is gone, and goes on when it is back', async (context) => {
    requiredBrowser(context);
    const { server, page, show } = await openConsole(context, '');
    await page.clock.install();
    await show('/');
    await page.getByText('Live', { exact: true }).waitFor();
    server.child.kill('SIGSTOP');
    await page.clock.fastForward('01:00');
    await page.getByText('The connection to the server is lost').waitFor();
    server.child.kill('SIGCONT');
    await page.clock.fastForward('01:00');
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('has no serious fault that axe would find, on any page, light or dark', async (context) => {
    requiredBrowser(context);
    const { server, page, show } = await openAxeSubject(context);
    const publisher = await startPublishing('cam', { port: server.port });
    stopped({ stop: () => publisher.stop() });
    await show('/');
    await page.getByRole('link', { name: 'live/cam' }).waitFor();
    const stream = await page.getByRole('link', { name: 'live/cam' }).getAttribute('href');
    await show('/hooks');
    const delivery = await page.getByRole('list').getByRole('link').first().getAttribute('href');
    const paths = [
      '/console/',
      stream,
      '/console/hooks',
      delivery,
      '/console/hooks/health',
      '/console/config',
    ];
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const path of [...paths, '/console/config/edit', '/console/server', '/console/nowhere']) {
      await show(String(path).slice('/console'.length));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await until('the page', async () => (await page.getByText('Loading').count()) === 0);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await faultsOf(page), `${path} ${colorScheme}`).toEqual([]);
      }
    }
  });
});

/** How far the page reaches to the right, in pixels, whatever of it scrolls. */
function widthOf(page: Page): Promise<number> {
  return page.evaluate(
    `Math.max(...[document.documentElement, ...document.querySelectorAll('body, main, .main, .page')]
      .map(({ scrollWidth }) => scrollWidth))`,
  );
}

async function openAxeSubject(context: TestContext) {
  const backends = stopped(await startBackends('one'));
  const hooks = hooksTo([backends.at['one'] ?? ''], 'hooks');
  return openConsole(context, `vhost __defaultVhost__ { ${hooks} }`, 'edit_config on;');
}

/** Serious and critical faults of a page, by axe-core. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(FROM_NODE.resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
}
