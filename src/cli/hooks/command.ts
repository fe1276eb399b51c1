import { Command } from 'commander';
import { namesServer, type ServerFlags, withServer } from './control-client.ts';
import { formatLine, formatWhole, paintFor } from './delivery-text.ts';
import { listenCommand } from './listen.ts';
import { sendCommand } from './send.ts';
import { tailCommand } from './tail.ts';
import { verifyCommand } from './verify.ts';

/** `gatecast hooks`: tools for those who write and run a backend. */
export function hooksCommand(): Command {
  return new Command('hooks')
    .description('see, test and repeat what http_hooks send')
    .addCommand(tailCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(sendCommand())
    .addCommand(verifyCommand())
    .addCommand(listenCommand());
}

interface Flags extends ServerFlags {
  readonly json?: true;
}

/** `gatecast hooks show`: all that is known of one delivery. */
function showCommand(): Command {
  return namesServer(new Command('show'))
    .description('show a delivery: request, answer, where the time went, and the verdict')
    .argument('<id>', 'as tail shows it, such as 3f2a9c1b-1')
    .option('--json', 'as a JSON object')
    .action((id: string, flags: Flags, command: Command) =>
      withServer(flags, command, async (client) => {
        const delivery = await client.find(id);
        console.log(
          flags.json ? JSON.stringify(delivery, null, 2) : formatWhole(delivery, paintFor(process.stdout)),
        );
      }),
    );
}

/** `gatecast hooks replay`: sends an event again. */
function replayCommand(): Command {
  return namesServer(new Command('replay'))
    .description('let the server send an event again: same event id, same body, to the same URL')
    .argument('<id>', 'of a delivery, as tail shows it')
    .option('--json', 'show what came of it as a JSON object')
    .addHelpText('after', '\nNo client feels the answer. The exit code is 0 if it is a yes, else 1.')
    .action((id: string, flags: Flags, command: Command) =>
      withServer(flags, command, async (client) => {
        const delivery = await client.replay(id);
        console.log(
          flags.json ? JSON.stringify(delivery, null, 2) : formatLine(delivery, paintFor(process.stdout)),
        );
        process.exitCode = delivery.outcome === 'allowed' ? 0 : 1;
      }),
    );
}
