import type { Report } from './report.ts';
import type { Directive, Word } from './tree.ts';

/** Directives that older versions of SRS had in the vhost itself, and the block they are in now. */
const MOVED: Readonly<Record<string, readonly [block: string, name: string]>> = {
  gop_cache: ['play', 'gop_cache'],
  queue_length: ['play', 'queue_length'],
  mw_latency: ['play', 'mw_latency'],
  time_jitter: ['play', 'time_jitter'],
  mix_correct: ['play', 'mix_correct'],
  atc: ['play', 'atc'],
  atc_auto: ['play', 'atc_auto'],
  send_min_interval: ['play', 'send_min_interval'],
  reduce_sequence_header: ['play', 'reduce_sequence_header'],
  publish_1stpkt_timeout: ['publish', 'firstpkt_timeout'],
  publish_normal_timeout: ['publish', 'normal_timeout'],
  refer: ['refer', 'all'],
  refer_play: ['refer', 'play'],
  refer_publish: ['refer', 'publish'],
  forward: ['forward', 'destination'],
  mode: ['cluster', 'mode'],
  origin: ['cluster', 'origin'],
  token_traverse: ['cluster', 'token_traverse'],
  vhost: ['cluster', 'vhost'],
  debug_srs_upnode: ['cluster', 'debug_srs_upnode'],
};

/** nginx-rtmp's words in `http_hooks { … }`, and ours for the same. */
export const HOOK_WORDS: Readonly<Record<string, string>> = {
  style: 'schema',
  on_publish_done: 'on_unpublish',
  on_play_done: 'on_stop',
  on_disconnect: 'on_close',
  on_record_done: 'on_dvr',
};

/** Blocks whose old form was always on. */
const SWITCHED_ON = new Set(['refer', 'forward']);

const RENAMED: Readonly<Record<string, string>> = { http_stream: 'http_server', http: 'http_static' };

/** The tree in today's form: what older (and, for `rtmp { }`, newer) versions of SRS write is rewritten as SRS does. */
export function rewriteOldForms(root: readonly Directive[], report: Report): Directive[] {
  return root.flatMap((directive) => {
    const { name, block } = directive;
    // SRS 7 can have `listen` and `chunk_size` in a block of their own.
    if (name === 'rtmp' && block !== undefined) return block;
    if (name === 'vhost' && block !== undefined)
      return [{ ...directive, block: rewriteVhost(block, report).map(rewriteHooks) }];
    return [name === 'http_stream' ? rename(directive, report) : directive];
  });
}

/** No warning here: these words are as good as ours. */
function rewriteHooks(directive: Directive): Directive {
  if (directive.name !== 'http_hooks' || directive.block === undefined) return directive;
  return { ...directive, block: directive.block.map(rewriteHookWord) };
}

function rewriteHookWord(directive: Directive): Directive {
  const [head, ...rest] = directive.args;
  const event = head && directive.name === 'policy' ? HOOK_WORDS[head.text] : undefined;
  return {
    ...directive,
    name: HOOK_WORDS[directive.name] ?? directive.name,
    args: head && event ? [{ ...head, text: event }, ...rest] : directive.args,
  };
}

function rewriteVhost(directives: readonly Directive[], report: Report): Directive[] {
  const moved = new Map<string, Directive[]>();
  const rest: Directive[] = [];
  for (const directive of directives) {
    const { name, args, block, at } = directive;
    const target = block === undefined ? MOVED[name] : undefined;
    if (target !== undefined) {
      report.warn(at, `${name} is an old form, write ${target[0]} { ${target[1]} … } instead`);
      collect(moved, target[0], { ...directive, name: target[1] }, at);
    } else if (name === 'mr' && block !== undefined) {
      report.warn(at, 'mr is an old form, write publish { mr … } instead');
      for (const inner of block) {
        collect(
          moved,
          'publish',
          { ...inner, name: inner.name === 'enabled' ? 'mr' : `mr_${inner.name}` },
          at,
        );
      }
    } else if (name === 'http' && args.length === 0) rest.push(rename(directive, report));
    else rest.push(directive);
  }
  return [
    ...rest.map((directive) => withMoved(directive, moved)),
    ...[...moved].map(([name, block]) => newBlock(name, block)),
  ];
}

function collect(
  moved: Map<string, Directive[]>,
  block: string,
  directive: Directive,
  at: Directive['at'],
): void {
  const on: Word = { text: 'on', at };
  const start = SWITCHED_ON.has(block) ? [{ name: 'enabled', args: [on], block: undefined, at }] : [];
  const list = moved.get(block) ?? start;
  list.push(directive);
  moved.set(block, list);
}

/** A block that the vhost has too takes in what is moved to it, behind its own: the first of a name counts. */
function withMoved(directive: Directive, moved: Map<string, Directive[]>): Directive {
  const added = moved.get(directive.name);
  if (added === undefined || directive.block === undefined) return directive;
  moved.delete(directive.name);
  const own = new Set(directive.block.map((one) => one.name));
  return {
    ...directive,
    block: [...directive.block, ...added.filter((one) => one.name !== 'enabled' || !own.has('enabled'))],
  };
}

function newBlock(name: string, block: readonly Directive[]): Directive {
  const at = block[0]?.at ?? { file: '', line: 0, column: 0 };
  return { name, args: [], block, at };
}

function rename(directive: Directive, report: Report): Directive {
  const name = RENAMED[directive.name] ?? directive.name;
  report.warn(directive.at, `${directive.name} is an old form, write ${name} instead`);
  return { ...directive, name };
}
