import type { ConsoleMessage, Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { openBrowser } from './browser.ts';
import { type GatecastProcess, startGatecast } from './gatecast.ts';
import { stopped } from './stopped.ts';

/** A server with its console, and a browser that looks at it. */
export interface OpenConsole {
  readonly server: GatecastProcess;
  readonly page: Page;
  /** Scheme, host and port of the API. */
  readonly origin: string;
  /** What the browser complained about: errors, and what the Content-Security-Policy kept from being done. */
  readonly complaints: readonly string[];
  /** Shows a page of the console. */
  show(path: string): Promise<void>;
}

/** Starts a server with `http_api` on, whose block may say more, and a browser; both end with the test. */
export async function openConsole(context: TestContext, conf: string, api = ''): Promise<OpenConsole> {
  const server = stopped(await startGatecast(`http_api { enabled on; listen 127.0.0.1:0; ${api} }\n${conf}`));
  const line = await server.logged('gatecast is listening');
  const { host, port } = line['api'] as { host: string; port: number };
  const origin = `http://${host}:${port}`;
  const browser = await openBrowser(context);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message: ConsoleMessage) => {
    // An answer of 4xx is one line in the browser's console, and one that the page deals with.
    const expected = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !expected) complaints.push(message.text());
  });
  return {
    server,
    page,
    origin,
    complaints,
    show: async (path) => void (await page.goto(`${origin}/console${path}`)),
  };
}
