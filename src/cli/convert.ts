import { Command } from 'commander';
import { convertConfig } from '../config/index.ts';

/** `gatecast convert`: the same tree in the other grammar. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('print a configuration in the other grammar: SRS to YAML, YAML to SRS')
    .argument('<file>', 'a file in SRS grammar, or a .yaml file')
    .action((file: string, _flags: object, command: Command) => {
      try {
        process.stdout.write(convertConfig(file));
      } catch (error) {
        command.error((error as Error).message, { exitCode: 1 });
      }
    });
}
