import { Command } from 'commander';
import type { DryRun, Tried } from '../../hooks/dry-run.ts';
import { ACTIONS, type Action, isQuestion } from '../../model/events.ts';
import type { Config, HookOptions } from '../../model/options.ts';
import { VERSION } from '../../model/version.ts';
import { readConfig } from '../read-config.ts';
import { formatMs, type Paint, paintFor, printable } from './delivery-text.ts';
import { exampleEvent } from './example-event.ts';

/** The stream of all events that are sent to verify a backend, so that it can tell them from those of clients. */
const STREAM = 'gatecast-verify';

interface Flags {
  readonly config: string;
}

/** `gatecast hooks verify`: whether every URL of a configuration works. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('post each event to each URL of a configuration, and tell which would not work')
    .requiredOption('-c, --config <file>', 'configuration')
    .addHelpText(
      'after',
      `\nThe stream of these events is "${STREAM}". A backend that says no on purpose works: it was understood.\nThe exit code is 1 if a URL does not work.`,
    )
    .action(async ({ config }: Flags) => {
      const loaded = readConfig(config);
      process.exitCode = loaded && (await verify(loaded.config)) ? 0 : 1;
    });
}

/** Prints what each URL made of its events; true if all of them work. */
async function verify(config: Config): Promise<boolean> {
  const serverId = config.serverId ?? 'vid-verify0';
  const { DryRun } = await import('../../hooks/dry-run.ts');
  const dryRun = new DryRun(VERSION, { serverId, serviceId: 'ver1fy00' });
  const asking = config.vhosts.flatMap(({ name, hooks, enabled }) =>
    enabled && hooks.enabled ? ACTIONS.map((action) => tryAll(dryRun, name, action, hooks)) : [],
  );
  const tried = (await Promise.all(asking)).flat();
  await dryRun.close();
  const paint = paintFor(process.stdout);
  if (tried.length === 0) {
    console.log('No vhost has http_hooks that are on and have a URL: there is nothing to verify.');
    return true;
  }
  console.log(table(tried, paint));
  const broken = tried.filter((each) => !works(each));
  const urls = tried.length === 1 ? '1 URL' : `${tried.length} URLs`;
  console.log(
    broken.length === 0
      ? `\n${urls} asked, and each gave an answer that the server understands.`
      : `\n${urls} asked, ${paint('red', `${broken.length} would not work`)}.`,
  );
  return broken.length === 0;
}

function tryAll(
  dryRun: DryRun,
  vhost: string,
  action: Action,
  hooks: HookOptions,
): Promise<readonly Tried[]> {
  const facts = { vhost, app: 'live', stream: STREAM, param: '', ip: '203.0.113.7' };
  return dryRun.run(exampleEvent(action, facts), hooks);
}

/** A backend that means what it says works, whatever it says. */
function works({ answer }: Tried): boolean {
  return answer.allowed || answer.deliberate;
}

function table(tried: readonly Tried[], paint: Paint): string {
  const rows = tried.map(({ delivery }) => [
    delivery.vhost,
    delivery.action,
    printable(delivery.url),
    String(delivery.response?.status ?? '-'),
    formatMs(delivery.timing.totalMs),
  ]);
  const head = ['vhost', 'event', 'url', 'status', 'time'];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const pad = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [
    paint('bold', `${pad(head)}  verdict`),
    ...tried.map((each, index) => `${pad(rows[index] ?? [])}  ${verdictOf(each, paint)}`),
  ].join('\n');
}

function verdictOf(tried: Tried, paint: Paint): string {
  const { answer, delivery } = tried;
  if (answer.allowed) return paint('green', isQuestion(delivery.action) ? 'works: allowed' : 'works: taken');
  const reason = printable(answer.message.replace(`The backend ${delivery.url} `, '').replace(/\.$/, ''));
  if (!works(tried)) return paint('red', `does not work: ${reason}`);
  const again = isQuestion(delivery.action) ? '' : '; the server would send it again';
  return paint('yellow', `works: refused (${reason})${again}`);
}
