import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a daemon: `stepwell serve --open` listens there, if nobody said otherwise.
const daemon = process.env['STEPWELL_URL'] ?? 'http://127.0.0.1:8083';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(
      // The daemon takes requests of its own origin only; the proxy stands in for a page of the daemon's.
      ['/api', '/sign-in', '/healthz', '/readyz', '/metrics'].map((path) => [
        path,
        { target: daemon, changeOrigin: true, headers: { Origin: daemon } },
      ]),
    ),
  },
  build: {
    target: 'es2023',
    // The Content-Security-Policy has no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // What is bundled, and under which terms: served beside it.
    license: { fileName: 'licenses.md' },
    outDir: process.env['STEPWELL_WEB_OUT'] ?? 'dist',
    emptyOutDir: true,
    chunkSizeWarningLimit: 2000,
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
});
