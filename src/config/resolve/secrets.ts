import type { Position } from '../report.ts';
import type { HookValues } from '../schema/http-hooks.ts';
import { HEADER_VALUE_FAULT, isHeaderValue, isSecret, SECRET_EXPECTED } from '../schema/secret-values.ts';
import { readText, whole } from '../source.ts';
import type { ResolveContext, Setting } from './block.ts';

type Headers = readonly (readonly [name: string, value: string])[];

/** The keys for signatures, without `whsec_`, from wherever they stand. No message says what one is. */
export function resolveSecrets(
  { secrets }: HookValues,
  settings: readonly Setting[],
  context: ResolveContext,
): string[] {
  const places = placesOf('secret', settings).flatMap(({ args, at }) => args.map(() => at));
  return secrets.flatMap((word, index) => {
    const at = places[index] ?? whole('');
    const text = textAt(word, 'secret', at, context);
    if (text === undefined) return [];
    if (isSecret(text)) return [text.slice('whsec_'.length)];
    context.report.error(at, `secret ${word} holds something else than ${SECRET_EXPECTED}`);
    return [];
  });
}

/** Static headers, their values from wherever they stand. */
export function resolveHeaders(
  { headers }: HookValues,
  settings: readonly Setting[],
  context: ResolveContext,
): Headers {
  const places = placesOf('header', settings);
  return headers.flatMap(({ name, value }, index): Headers => {
    const at = places[index]?.at ?? whole('');
    const text = textAt(value, `header ${name}`, at, context);
    if (text === undefined) return [];
    if (isHeaderValue(text)) return [[name, text]];
    context.report.error(at, `header ${name} has a value in ${value} ${HEADER_VALUE_FAULT}`);
    return [];
  });
}

function placesOf(name: string, settings: readonly Setting[]) {
  return settings.flatMap(({ name: its, args, origin }) =>
    its === name && typeof origin === 'object' ? [{ args, at: origin }] : [],
  );
}

/** A word itself, or the text of the variable or the file that it names; undefined, and reported, if there is none. */
export function textAt(
  word: string,
  who: string,
  at: Position,
  { env, report }: ResolveContext,
): string | undefined {
  const [, kind, place = ''] = /^(env|file):(.*)$/s.exec(word) ?? [];
  if (kind === undefined) return word;
  if (!report.mayUse({ kind: kind === 'env' ? 'variable' : 'read', path: place }, at)) return undefined;
  const text = (kind === 'env' ? env[place] : readText(place, report, at))?.trim();
  if (text === '' || (text === undefined && kind === 'env')) {
    const what = kind === 'env' ? 'a variable that is set' : 'a file with the value';
    report.error(at, `${who} ${word} is empty, expected ${what}`);
    return undefined;
  }
  return text;
}
