import { BLOCKS, envName, specsOf, variablePaths } from '../../../src/config/schema/index.ts';
import type { BlockSpec, Spec } from '../../../src/config/schema/spec.ts';

const HEADER = `Every directive of Gatecast: what it does, its default, the environment variable that overrides it, and an example.
This file is loaded like any other, and sets nothing but defaults. A directive without a default is there as its example alone.
The grammar, YAML, includes and reload are in docs/conf.md. Written from the schema by "npx vitest run --config test/vitest.config.ts test/config/manual.test.ts -u".`;

/** conf/full.conf as the schema has it. */
export function manual(): string {
  const depthFirst = (path: readonly string[], indent: string): string =>
    BLOCKS.filter((block) => block.path.length === path.length && block.path.join() === path.join())
      .map((block) => section(block, indent) + inner(path, indent))
      .join('');
  const inner = (path: readonly string[], indent: string) =>
    BLOCKS.filter(
      (block) => block.path.length === path.length + 1 && block.path.slice(0, -1).join() === path.join(),
    )
      .map((block) => {
        const name = block.path.at(-1) ?? '';
        const head = name === 'vhost' ? 'vhost __defaultVhost__' : [name, ...exampleHead(block)].join(' ');
        const body = depthFirst(block.path, `${indent}    `).trimEnd();
        return `\n${comment(block.doc, indent)}${indent}${head} {\n${body}\n${indent}}\n`;
      })
      .join('');
  return comment(HEADER, '') + depthFirst([], '');
}

function section(block: BlockSpec<unknown>, indent: string): string {
  return specsOf(block)
    .map((spec) => `\n${entry(spec, variablePath(block), indent)}`)
    .join('')
    .replace(/^\n/, block.path.length === 0 ? '\n' : '');
}

/** The event that stands for all that a block can be for. */
function exampleHead({ heads }: BlockSpec<unknown>): string[] {
  return heads === undefined ? [] : ['on_play'];
}

function variablePath(block: BlockSpec<unknown>): readonly string[] {
  const [head] = exampleHead(block);
  return variablePaths(block).find((path) => head === undefined || path.at(-1) === head) ?? block.path;
}

function entry(spec: Spec<unknown>, path: readonly string[], indent: string): string {
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
  const number = /^\d/.test(spec.fallback) ? unit : '';
  const value = spec.name === 'listen' && path.length === 0 ? '1935' : spec.fallback;
  const example = `${spec.name} ${spec.example};`;
  return [
    comment(spec.doc + (spec.unit === undefined ? '' : ` In ${spec.unit}.`), indent),
    `${indent}#   default: ${spec.fallback === '' ? 'none' : spec.fallback + number}\n`,
    `${indent}#   env:     ${envName(path, spec.name)}\n`,
    `${indent}#   example: ${example}\n`,
    value === '' ? '' : `${indent}${spec.name} ${value};\n`,
  ].join('');
}

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '#';
    for (const word of paragraph.split(' ')) {
      if (indent.length + line.length + word.length >= 110) {
        lines.push(line);
        line = '#';
      }
      line += ` ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line) => `${indent}${line}\n`).join('');
}
