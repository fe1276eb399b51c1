import { Command } from 'commander';
import { type Address, resolveAddress } from '../model/address.ts';
import { CLOSING_ACTIONS, GATE_ACTIONS } from '../model/events.ts';
import type { HookName, VhostOptions } from '../model/options.ts';
import { formatStreamUrl } from '../model/stream-key.ts';
import { readConfig } from './read-config.ts';

interface Flags {
  readonly config: string;
  readonly key?: string;
}

/** `gatecast resolve`: what a URL becomes and which hooks its client meets. */
export function resolveCommand(): Command {
  return new Command('resolve')
    .description('show which vhost, app, stream and param a URL becomes, and which hooks its client meets')
    .argument('<url>', 'what a player or ffmpeg is given, or the server field of OBS')
    .requiredOption('-c, --config <file>', 'the configuration to look in')
    .option(
      '-k, --key <key>',
      'the stream key field of OBS; without it the last part of the URL is the stream',
    )
    .action(resolve);
}

function resolve(url: string, flags: Flags, command: Command): void {
  const loaded = readConfig(flags.config);
  if (!loaded) {
    process.exitCode = 1;
    return;
  }
  const vhosts = new Map(loaded.config.vhosts.map((vhost) => [vhost.name, vhost]));
  const request = { tcUrl: url, app: '', streamName: flags.key ?? '' };
  const resolution = resolveAddress(request, vhosts, loaded.config.strictVhost);
  if (!resolution.ok) command.error(`refused: ${resolution.message}`, { exitCode: 1 });
  const { address } = resolution;
  const vhost = vhosts.get(address.vhost);
  if (vhost) console.log([...describe(address), '', ...hooksOf(vhost)].join('\n'));
}

function describe(address: Address): string[] {
  return [
    `vhost   ${address.vhost}`,
    `app     ${address.app}`,
    `stream  ${address.stream || '(none: the client is refused)'}`,
    `param   ${address.param || '(none)'}`,
    `name    ${address.stream === '' ? '(none)' : formatStreamUrl(address)}`,
  ];
}

function hooksOf({ hooks }: VhostOptions): string[] {
  if (!hooks.enabled) return ['hooks   off: everybody may publish and play'];
  const usual: readonly HookName[] = [...GATE_ACTIONS, ...CLOSING_ACTIONS];
  const more = (Object.keys(hooks.urls) as HookName[]).filter((name) => !usual.includes(name));
  const lines = [...usual, ...more].map(
    (name) => `  ${name.padEnd(12)}  ${hooks.urls[name]?.join(' ') ?? '(none)'}`,
  );
  return [`hooks   schema ${hooks.schema}`, ...lines];
}
