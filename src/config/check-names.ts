import { type Entry, homesOf, lookUp, namesIn, nearest, placeName } from './directive-names.ts';
import { quote, type Report } from './report.ts';
import type { BlockSpec } from './schema/spec.ts';
import type { Directive } from './tree.ts';

/** A second one of these would take away, unseen, what guards the vhost. */
const ONCE = new Set(['http_hooks', 'policy', 'security']);

/** Looks at every name in the tree: unknown, misplaced, repeated, or known and not supported. */
export function checkNames(directives: readonly Directive[], path: readonly string[], report: Report): void {
  const first = new Map<string, Directive>();
  for (const directive of directives) {
    const entry = lookUp(path, directive.name);
    if (entry === undefined) {
      report.error(directive.at, unknown(directive.name, path));
      continue;
    }
    const key = keyOf(directive, entry);
    checkRepeated(directive, entry, first.get(key), report);
    if (!first.has(key)) first.set(key, directive);
    checkForm(directive, entry, path, report);
  }
}

function checkForm(directive: Directive, entry: Entry, path: readonly string[], report: Report): void {
  const { name, args, block, at } = directive;
  switch (entry.kind) {
    case 'directive':
      if (block !== undefined)
        report.error(at, `${name} is no block, expected "${name} ${entry.spec.example};"`);
      break;
    case 'block':
      if (block === undefined) report.error(at, `${name} is a block, expected "{" behind it`);
      else {
        checkHead(directive, entry.block, report);
        checkNames(block, [...path, name], report);
      }
      break;
    case 'later':
      if (!isOff(directive)) report.warn(at, notSupported(name));
      break;
    case 'harmless':
      if (entry.unlessOn !== undefined && args[0]?.text === 'on')
        report.warn(at, `${name} on has no effect: ${entry.unlessOn}`);
      break;
    default:
      entry satisfies never;
  }
}

function checkHead({ name, args, at }: Directive, { heads }: BlockSpec<unknown>, report: Report): void {
  if (name === 'vhost') return;
  const [head, second] = args;
  if (heads === undefined) {
    if (head !== undefined)
      report.error(head.at, `${name} takes no name, expected "{" instead of ${quote(head.text)}`);
  } else if (head === undefined) {
    report.error(at, `${name} is for nothing, expected an event behind it, such as "${name} on_play {"`);
  } else if (!heads.includes(head.text)) {
    const guess = nearest(head.text, heads);
    const hint = guess === undefined ? `expected one of ${heads.join(', ')}` : `did you mean ${guess}?`;
    report.error(head.at, `${name} is for ${quote(head.text)}, which is no event, ${hint}`);
  } else if (second !== undefined) {
    report.error(second.at, `${name} is for one event, unexpected ${quote(second.text)}`);
  }
}

/** Key of what may be there once: a name, or a name with what it is for. */
function keyOf({ name, args }: Directive, entry: Entry): string {
  return entry.kind === 'block' && entry.block.heads !== undefined ? `${name} ${args[0]?.text ?? ''}` : name;
}

/** The warning for what SRS has and Gatecast has not. */
export function notSupported(name: string): string {
  return `${name} is not supported yet and is ignored`;
}

/** True if a value switches off what only SRS has. */
export function isOffWord(word: string | undefined): boolean {
  return word === 'off' || word === 'local' || /^0(?:\.0*)?$/.test(word ?? '');
}

/** True if the directive asks for nothing, so that ignoring it loses nothing. */
function isOff({ args, block }: Directive): boolean {
  if (block === undefined) return isOffWord(args[0]?.text);
  const enabled = block.find((inner) => inner.name === 'enabled');
  return enabled === undefined ? block.every(isOff) : isOffWord(enabled.args[0]?.text);
}

function checkRepeated(
  directive: Directive,
  entry: Entry,
  first: Directive | undefined,
  report: Report,
): void {
  const { name, at } = directive;
  if (first === undefined || name === 'vhost') return;
  const there = `line ${first.at.line}${first.at.file === at.file ? '' : ` of ${first.at.file}`}`;
  if (entry.kind === 'block') {
    if (ONCE.has(name))
      report.error(
        at,
        `${keyOf(directive, entry)} is here twice, expected everything in the block at ${there}`,
      );
    else report.warn(at, `${name} is here twice, the block at ${there} counts and this one is ignored`);
  }
  if (entry.kind !== 'directive' || entry.spec.again === 'adds') return;
  if (entry.spec.again === 'error') {
    report.error(at, `${name} is here twice, put all URLs on one line (${there})`);
  } else report.warn(at, `${name} is here twice, the first one counts (${there})`);
}

function unknown(name: string, path: readonly string[]): string {
  const where = path.at(-1) ?? 'the top level';
  const homes = homesOf(name).slice(0, 2);
  if (homes.length > 0) return `${name} does not belong in ${where}, expected it in ${homes.join(' or ')}`;
  const guess = nearest(name, namesIn(path) ?? []);
  if (guess !== undefined) return `unknown directive ${quote(name)} in ${where}, did you mean ${guess}?`;
  return `unknown directive ${quote(name)} in ${where}, expected one that ${placeName(path)} can hold (see conf/full.conf)`;
}
