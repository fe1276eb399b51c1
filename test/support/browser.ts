import { createRequire } from 'node:module';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { findProgram, required } from './requires.ts';
import { stopped } from './stopped.ts';
import { temporaryDirectory } from './temporary.ts';

const require = createRequire(import.meta.url);

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? findProgram('chromium') ?? findProgram('google-chrome');

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** Skips a test that needs a browser where there is none. */
export function requiredBrowser(context: TestContext): string {
  return required(context, CHROMIUM, 'there is no chromium: install it or set CHROMIUM_PATH');
}

/** A browser that knows nothing yet; closed at the end of the test. */
export async function openBrowser(context: TestContext): Promise<BrowserContext> {
  const executablePath = requiredBrowser(context);
  const profile = stopped(temporaryDirectory());
  const browser = await chromium.launchPersistentContext(profile.path, { executablePath, args: ARGS });
  return stopped(Object.assign(browser, { stop: () => browser.close() }));
}

/** A page that holds nothing but a video. */
export async function openPage(browser: BrowserContext): Promise<Page> {
  const page = await browser.newPage();
  await page.setContent('<video muted width="320"></video>');
  return page;
}

const SCRIPTS = {
  'mpegts.js': require.resolve('mpegts.js/dist/mpegts.js'),
  'hls.js': require.resolve('hls.js/dist/hls.min.js'),
} as const;

/** Adds a player's script to a page. */
export async function addPlayer(page: Page, name: keyof typeof SCRIPTS): Promise<void> {
  await page.addScriptTag({ path: SCRIPTS[name] });
}

/** How far the page's video has come. */
export interface VideoState {
  readonly currentTime: number;
  readonly width: number;
  /** Frames that were decoded. */
  readonly frames: number;
  /** Bytes of sound that were decoded, as far as the browser says. */
  readonly sound: number;
  readonly error: string | undefined;
}

/** Looks at the page's video. */
export function videoState(page: Page): Promise<VideoState> {
  return page.evaluate(`(() => {
    const video = document.querySelector('video');
    return {
      currentTime: video.currentTime,
      width: video.videoWidth,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      sound: video.webkitAudioDecodedByteCount,
      error: video.error?.message,
    };
  })()`);
}
