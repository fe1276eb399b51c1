import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { RunReporter } from './support/run-reporter.ts';
import { PATIENCE_MS } from './support/until.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  test: {
    // What a test awaits says what it waited for before the test itself is given up.
    testTimeout: 4 * PATIENCE_MS,
    hookTimeout: 2 * PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS, interval: 20 } },
    reporters: ['default', new RunReporter()],
    projects: [
      // `npm test`: the server alone, in this process and in processes of its own.
      {
        extends: true,
        test: {
          name: 'own',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // A thread starts sooner than a process: a fifth of the time of 180 files.
          pool: 'threads',
        },
      },
      // `npm run test:all` has these too: other people's programs, and what takes long.
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'] } },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // What runs in a browser is covered there: test/e2e/console.test.ts.
      exclude: ['src/console/**'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'coverage',
      thresholds: { statements: 85, branches: 85, 'src/protocol/**': { branches: 95 } },
    },
  },
});
