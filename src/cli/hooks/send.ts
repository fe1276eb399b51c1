import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseConfigText } from '../../config/index.ts';
import type { Tried } from '../../hooks/dry-run.ts';
import type { Grant } from '../../model/authorization.ts';
import { ACTIONS, type Action, isQuestion } from '../../model/events.ts';
import type { HookOptions, HookSchema } from '../../model/options.ts';
import { VERSION } from '../../model/version.ts';
import { exchangeLines, type Paint, paintFor, printable } from './delivery-text.ts';
import { exampleEvent } from './example-event.ts';

interface Flags {
  readonly url: string;
  readonly param: readonly string[];
  readonly stream: string;
  readonly app: string;
  readonly vhost: string;
  readonly ip: string;
  readonly schema: HookSchema;
  readonly secret: readonly string[];
  readonly header: readonly (readonly [string, string])[];
  readonly timeout: string;
  readonly ca?: string;
  readonly insecure?: true;
}

const keep = (text: string, known: readonly string[]) => [...known, text];

/** `gatecast hooks send`: what the server would make of a backend's answer to one event. */
export function sendCommand(): Command {
  return new Command('send')
    .description('post one event to a URL as the server would, and explain what it would make of the answer')
    .addArgument(new Argument('<event>', 'which event').choices(ACTIONS))
    .requiredOption('--url <url>', 'where to')
    .option('--param <name=value>', "of the stream's URL, such as token=x; may be repeated", keep, [])
    .option('--stream <name>', 'stream', 'livestream')
    .option('--app <name>', 'app', 'live')
    .option('--vhost <name>', 'vhost', '__defaultVhost__')
    .option('--ip <address>', "the client's address", '203.0.113.7')
    .addOption(new Option('--schema <name>', 'dialect').choices(['srs1', 'srs5', 'nginx']).default('srs1'))
    .option('--secret <key>', 'sign with whsec_…, env:NAME or file:PATH; may be repeated', keep, [])
    .option('--header <name: value>', 'a header; may be repeated', addHeader, [])
    .option('--timeout <ms>', 'how long to wait for the answer', '10000')
    .option('--ca <file>', 'PEM file of certificates to trust')
    .option('--insecure', 'trust every certificate')
    .addHelpText('after', '\nThe exit code is 0 if the backend says yes, else 1.')
    .action(send);
}

async function send(action: Action, flags: Flags, command: Command): Promise<void> {
  const options = optionsOf(action, flags, command);
  const { DryRun } = await import('../../hooks/dry-run.ts');
  const dryRun = new DryRun(VERSION, { serverId: 'vid-trial00', serviceId: 'tr1alrun' });
  const param = flags.param.length === 0 ? '' : `?${flags.param.join('&')}`;
  const { vhost, app, stream, ip } = flags;
  const [tried] = await dryRun.run(exampleEvent(action, { vhost, app, stream, param, ip }), options);
  await dryRun.close();
  if (!tried) throw new Error(`no request was made for ${action}`);
  console.log(explain(tried, options, paintFor(process.stdout)));
  process.exitCode = tried.answer.allowed ? 0 : 1;
}

/** The configuration that the flags stand for: read as one, so that they mean here what they mean to the server. */
function optionsOf(action: Action, flags: Flags, command: Command): HookOptions {
  const { url, schema, timeout, secret, header, ca, insecure } = flags;
  const hooks = {
    enabled: 'on',
    schema,
    timeout,
    [action]: url,
    ...(secret.length > 0 ? { secret } : {}),
    ...(header.length > 0 ? { header } : {}),
    ...(ca === undefined ? {} : { tls_ca_file: ca }),
    ...(insecure ? { tls_insecure: 'on' } : {}),
  };
  const text = JSON.stringify({ listen: '1935', vhost: { __defaultVhost__: { http_hooks: hooks } } });
  // The server's own variables are none of a trial's.
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('SRS_'));
  const result = parseConfigText(text, 'command-line.yaml', Object.fromEntries(env));
  const options = result.ok ? result.config.vhosts[0]?.hooks : undefined;
  if (options) return options;
  const faults = result.ok ? [] : result.errors.map(({ message }) => message);
  return command.error(`error: ${faults.join('\nerror: ')}`, { exitCode: 1 });
}

function explain(tried: Tried, { schema }: HookOptions, paint: Paint): string {
  const { delivery, answer } = tried;
  const { action, url } = delivery;
  const verdict = answer.allowed
    ? paint('green', isQuestion(action) ? 'allowed' : 'delivered')
    : paint('red', isQuestion(action) ? 'refused' : 'not delivered');
  return [
    paint('bold', `POST ${printable(url)}  (${action}, schema ${schema})`),
    ...exchangeLines(delivery, paint),
    `verdict  ${verdict}: ${printable(reasonOf(tried))}`,
    ...clientSees(tried).map((line) => `client   ${printable(line)}`),
  ].join('\n');
}

function addHeader(
  text: string,
  known: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Write a name, a colon and a value.');
  return [...known, [name, value]];
}

/** Effect of an answer on its client, by the question. */
const REFUSALS: Partial<Record<Action, string>> = {
  on_connect: 'NetConnection.Connect.Rejected',
  on_publish: 'NetStream.Publish.Denied',
  on_publish_busy: 'NetStream.Publish.BadName',
  on_play: 'NetStream.Play.Failed',
};

/** Why the server would come to this verdict. */
export function reasonOf({ delivery, answer }: Tried): string {
  if (!answer.allowed) return answer.message;
  const body = delivery.response?.body.trim() ?? '';
  const status = delivery.response?.status ?? 0;
  // To a form of nginx-rtmp's dialect the status alone is the answer.
  if (!delivery.request.body.startsWith('{')) return `status ${status} is a yes`;
  return `status ${status} and ${body === '0' ? 'the int 0' : 'code 0'} are a yes`;
}

/** Text of what would reach the client, or become of an event that nobody waits for. */
export function clientSees({ delivery, answer }: Tried): readonly string[] {
  const { action } = delivery;
  if (!isQuestion(action))
    return answer.allowed ? [] : ['sees nothing of it; the server would send it again'];
  if (answer.allowed) return answer.grant ? grantsOf(answer.grant) : [];
  if (answer.redirect !== undefined) return [`is sent to ${answer.redirect}`];
  const code = REFUSALS[action];
  return [
    code === undefined
      ? `is closed: "${answer.forClient}"`
      : `sees ${code} with the description "${answer.forClient}"`,
  ];
}

function grantsOf(grant: Grant): string[] {
  const { stream, maxDurationMs, maxBitrate, maxViewers, takeover, recheckMs } = grant;
  const granted = [
    stream === undefined ? '' : `gets the stream ${JSON.stringify(stream)}`,
    maxDurationMs === undefined ? '' : `may stay for ${maxDurationMs / 1000} s`,
    maxBitrate === undefined ? '' : `may send ${maxBitrate / 1000} kbit/s`,
    maxViewers === undefined ? '' : `may have ${maxViewers} players`,
    takeover ? 'takes the stream over from who publishes it' : '',
    recheckMs === undefined ? '' : `is asked about again every ${recheckMs / 1000} s`,
  ];
  return granted.filter((line) => line !== '');
}
