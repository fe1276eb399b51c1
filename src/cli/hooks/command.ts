import { Command } from 'commander';
import { listenCommand } from './listen.ts';
import { sendCommand } from './send.ts';
import { replayCommand, showCommand } from './show.ts';
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
