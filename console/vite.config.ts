import { readFileSync } from 'node:fs'
import { defineConfig } from 'vite'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export default defineConfig({
  root: import.meta.dirname,
  define: { __VERSION__: JSON.stringify(version) },
  server: { proxy: { '/admin': { target: process.env['PANDO_CONSOLE_PROXY'] ?? 'http://127.0.0.1:8888', ws: true } } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // all browsers that we build for know it; the substitute would be a script of its own
    modulePreload: { polyfill: false },
    // what is inlined would be data: in a style sheet, or script in the page
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  logLevel: 'error',
})
