import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../src');

/** What a module imports when it is loaded: no types, and nothing that `import()` brings later. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*.*?\*\//gs, '');
  const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?)\s*from\s+'([^']+)'/gms);
  return Array.from(statements).flatMap(([, names = '', specifier = '']) => {
    const braces = /^\{([^}]*)\}$/s.exec(names.trim())?.[1];
    const onlyTypes = braces
      ?.split(',')
      .every((name) => name.trim() === '' || name.trim().startsWith('type '));
    return onlyTypes === true ? [] : [specifier];
  });
}

/** Everything that is in memory once a program has begun: files of src, and packages. */
function loadedBy(...programs: readonly string[]): ReadonlySet<string> {
  const loaded = new Set<string>();
  const visit = (file: string) => {
    const name = relative(SRC, file);
    if (loaded.has(name)) return;
    loaded.add(name);
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) visit(join(dirname(file), specifier));
      else if (!specifier.startsWith('node:')) loaded.add(specifier);
    }
  };
  for (const program of programs) visit(join(SRC, program));
  return loaded;
}

const loaded = loadedBy('cli/main.ts', 'cli/serve.ts', 'server/worker.ts', 'index.ts');

test('the search follows what is imported', () => {
  expect(loaded).toContain('streams/fanout-group.ts');
  expect(loaded).toContain('cluster/worker-registry.ts');
  expect(loaded).toContain('pino');
});

test('a server without http_api has nothing of it in memory', () => {
  const parts = [...loaded].filter((name) => /^(?:api|stats)\//.test(name));
  expect([...parts, ...[...loaded].filter((name) => name === 'observe/server-metrics.ts')]).toEqual([]);
});

test.each(['fastify', 'prom-client', 'mediabunny'])('%s waits until something needs it', (name) => {
  expect(loaded).not.toContain(name);
});

test.each(['server/server.ts', 'pino', 'undici'])('a command that runs no server does without %s', (name) => {
  expect(loadedBy('cli/main.ts')).not.toContain(name);
});
