/**
 * console/ → dist/console: what a browser loads, each file compressed beside itself; docs/ → dist/docs. `--missing`: only where there is none of these
 * sources, and where what it is made with is installed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { isFresh } from './fresh.ts'

const root = join(import.meta.dirname, '..')
const made = join(root, 'dist/console')
const only = process.argv.includes('--missing')
const able = existsSync(join(root, 'node_modules/vite')) && existsSync(join(root, 'node_modules/react'))

if (!only || (able && !isFresh(root))) await build()

async function build(): Promise<void> {
  const [vite, { buildDocs }] = await Promise.all([import('vite'), import('./docs.ts')])
  buildDocs()
  await vite.build({ configFile: join(import.meta.dirname, 'vite.config.ts') })
  for (const name of readdirSync(made, { recursive: true, encoding: 'utf8' })) {
    if (/\.(js|css|html|svg)$/.test(name)) compress(join(made, name))
  }
}

function compress(file: string): void {
  const octets = readFileSync(file)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: octets.length }
  writeFileSync(`${file}.br`, brotliCompressSync(octets, { params }))
}
