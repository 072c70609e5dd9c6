/**
 * npm run build: console/ → dist/console, and src/ → dist/, plain JavaScript and its types, a file for a file, since Node strips no types inside node_modules. dist/
 * is a package scope of its own in which `#core/x.ts` means ./core/x.js: sources and what is made of them import by the same names.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = import.meta.dirname
const dist = join(root, 'dist')
const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }

const compiled = (source: string): string => source.replace(/^\.\/src\//, './').replace(/\.ts$/, '.js')
const scope = {
  type: 'module',
  imports: Object.fromEntries(Object.entries(imports).map(([name, source]) => [name, compiled(source)])),
}

rmSync(dist, { recursive: true, force: true })
const tsc = join(root, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(scope, null, 2)}\n`)
execFileSync(process.execPath, [join(root, 'console/build.ts')], { stdio: 'inherit' })
