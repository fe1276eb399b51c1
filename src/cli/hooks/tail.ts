import { Command, InvalidArgumentError } from 'commander';
import type { Delivery } from '../../model/delivery.ts';
import { ACTIONS } from '../../model/events.ts';
import { namesServer, type ServerFlags, withServer } from './control-client.ts';
import { formatLine, paintFor } from './delivery-text.ts';

interface Flags extends ServerFlags {
  readonly vhost?: string;
  readonly event?: string;
  readonly client?: string;
  readonly failed?: true;
  readonly lines: string;
  readonly json?: true;
}

/** `gatecast hooks tail`: what the hooks of a running server do, as it happens. */
export function tailCommand(): Command {
  return namesServer(new Command('tail'))
    .description('follow the deliveries of a running server')
    .option('--vhost <name>', 'only of this vhost')
    .option('--event <action>', 'only this event, such as on_publish', parseAction)
    .option('--client <id>', 'only of this client')
    .option('--failed', 'only what went wrong: not sent, no answer, none that can be understood')
    .option('-n, --lines <count>', 'deliveries of the past to begin with', parseCount, '10')
    .option('--json', 'one JSON object per line')
    .action((flags: Flags, command: Command) => withServer(flags, command, (client) => tail(flags, client)));
}

async function tail(flags: Flags, client: Parameters<Parameters<typeof withServer>[2]>[0]): Promise<void> {
  const { vhost, event, client: id, failed, lines, json } = flags;
  const filter = Object.fromEntries(
    Object.entries({ vhost, event, client: id, failed: failed && 'true' }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const paint = paintFor(process.stdout);
  const print = (delivery: Delivery) =>
    console.log(json ? JSON.stringify(delivery) : formatLine(delivery, paint));
  // `tail | head` ends with `head`.
  process.stdout.once('error', () => process.exit(0));
  // First, so that nothing is lost between the past and what follows.
  const following = await client.follow(filter);
  const shown = new Set<string>();
  if (lines !== '0') {
    const { deliveries } = await client.list({ ...filter, limit: lines });
    for (const delivery of deliveries) {
      shown.add(delivery.id);
      print(delivery);
    }
  }
  for await (const followed of following) {
    if ('delivery' in followed) {
      if (!shown.delete(followed.delivery.id)) print(followed.delivery);
    } else if (followed.missed > 0) {
      console.error(`… ${followed.missed} deliveries came too fast to be shown`);
    }
  }
  console.error('The server has stopped.');
}

export function parseAction(text: string): string {
  if ((ACTIONS as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`Events are ${ACTIONS.join(', ')}.`);
}

function parseCount(text: string): string {
  if (/^\d{1,4}$/.test(text)) return text;
  throw new InvalidArgumentError('A number of lines is one from 0 to 9999.');
}
