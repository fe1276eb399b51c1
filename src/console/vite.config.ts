import { defineConfig } from 'vite';

const API = 'http://127.0.0.1:1985';

/** Builds the console into dist/console. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // A strict Content-Security-Policy lets nothing come from a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses.md' },
    // The players are big, and are loaded when somebody watches.
    chunkSizeWarningLimit: 700,
  },
  server: {
    // `npm run dev:console` shows what a server says that runs here, with http_api on and without auth.
    proxy: { '/api': { target: API, changeOrigin: true, headers: { origin: API } } },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
