import { Command } from 'commander';
import { convertConfig, printConfig } from '../config/index.ts';
import { VERSION } from '../model/version.ts';
import { callbacksCommand } from './callbacks/command.ts';
import { hooksCommand } from './hooks/command.ts';
import { readConfig } from './read-config.ts';
import { resolveCommand } from './resolve.ts';
import { topCommand } from './top/command.ts';

interface Flags {
  readonly config?: string;
  readonly test?: true;
  readonly print?: true;
}

/** The command line of `gatecast`. */
export function program(): Command {
  return new Command('gatecast')
    .description('RTMP media server whose every door is kept by your own HTTP backend')
    .enablePositionalOptions()
    .version(VERSION, '-v, --version')
    .option('-c, --config <file>', 'configuration: SRS grammar, or the same tree in a .yaml file')
    .option('-t, --test', 'check the configuration and exit')
    .option('-p, --print', 'print the resolved configuration, with where each value comes from, and exit')
    .addHelpText('after', '\nExample:\n  gatecast -c conf/gatecast.conf')
    .action(run)
    .addCommand(convertCommand())
    .addCommand(resolveCommand())
    .addCommand(callbacksCommand())
    .addCommand(hooksCommand())
    .addCommand(topCommand());
}

async function run(flags: Flags, command: Command): Promise<void> {
  const file = flags.config ?? process.env['SRS_CONFIG_FILE'];
  if (file === undefined) {
    command.error('error: no configuration: name one with -c FILE (conf/gatecast.conf is one to start from)');
  }
  const loaded = readConfig(file);
  if (!loaded) {
    if (flags.test) console.error(`the configuration file ${file} test is failed`);
    process.exitCode = 1;
    return;
  }
  if (flags.test)
    console.log(
      `the configuration file ${file} syntax is ok\nthe configuration file ${file} test is successful`,
    );
  if (flags.print) console.log(printConfig(loaded));
  if (flags.test || flags.print) return;
  // The other commands need nothing of the server.
  const { serve } = await import('./serve.ts');
  await serve(file, loaded);
}

/** `gatecast convert`: the same tree in the other grammar. */
function convertCommand(): Command {
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
