import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  test: {
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      { extends: true, test: { name: 'own', include: ['test/**/*.test.ts'], exclude: ['test/e2e/**'] } },
      // Other people's programs have races of their own; one that loses its race twice in a row has met ours.
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], retry: 1 } },
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
