/**
 * npm run build → dist/: the program and what the package exports, bundled with most of what it needs (one file of two dozen is read sooner than
 * one of a thousand), its types, THIRD-PARTY.txt, the console and the pages. `--missing`, before `npm start`: only what is older than its sources, no
 * types; what can't be built then is no reason not to start.
 */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isFresh, programSources } from './console/fresh.ts'

const root = import.meta.dirname
const dist = join(root, 'dist')
const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }

/** What starts by a path or is imported by others. They share every module, so a PandoError is one for the program and for a plugin. */
const entries = ['main', 'index', 'testing/index', 'core/history/file/worker']
/** Native, or only loaded where a setting or a person asks for it: these stay packages. */
const external = /^(better-sqlite3|mongodb|mysql2|nsqjs|pg|pino-pretty|redis|undici)(\/|$)/
const script = 'logic/apiprovider/reference/script.js'

if (!process.argv.includes('--missing')) {
  await buildProgram()
  buildTypes()
} else {
  if (!writable()) process.exit()
  const able = existsSync(join(root, 'node_modules/rolldown')) && !isFresh(root, 'dist/main.js', programSources)
  if (able)
    await buildProgram().catch((e: Error) => process.stderr.write(`The sources are run: bundling them failed. ${e.message}\n`))
}
execFileSync(process.execPath, [join(root, 'console/build.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })

function writable(): boolean {
  try {
    mkdirSync(dist, { recursive: true })
    accessSync(dist, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** A build that fails or is killed leaves the former one whole: chunks are named by what is in them, and main.js comes last. */
async function buildProgram(): Promise<void> {
  const began = new Date()
  const { rolldown } = await import('rolldown')
  const input = Object.fromEntries(entries.map((name) => [name, join(root, 'src', `${name}.ts`)]))
  const bundle = await rolldown({ input, external, platform: 'node', cwd: root, logLevel: 'warn' })
  const { output } = await bundle.generate({ format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js' })
  const chunks = output.filter((o) => o.type === 'chunk')
  const files = new Map([
    [script, readFileSync(join(root, 'src', script), 'utf8')],
    ['THIRD-PARTY.txt', licences(chunks.flatMap((c) => c.moduleIds))],
    ...chunks.map((c) => [c.fileName, c.code] as const).sort(([a], [b]) => Number(a === 'main.js') - Number(b === 'main.js')),
  ])
  for (const [name, text] of files) put(join(dist, name), text, began)
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const stays = /^(console|docs|types)\b/.test(name) || files.keys().some((f) => `${f}/`.startsWith(`${name}/`))
    if (!stays) rmSync(join(dist, name), { recursive: true, force: true })
  }
}

/** As of the time when the sources were read: one that is changed meanwhile is newer. */
function put(file: string, text: string, time: Date): void {
  const beside = `${file}.${process.pid}`
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(beside, text)
  utimesSync(beside, time, time)
  renameSync(beside, file)
}

function licences(modules: readonly string[]): string {
  const ours = join(root, 'node_modules/rolldown/package.json')
  const manifests = modules.map((id) => (id.startsWith('\0') ? ours : findPackage(id)))
  return [...new Set(manifests)]
    .filter((m) => m !== join(root, 'package.json'))
    .sort((a, b) => (a < b ? -1 : 1))
    .map(licence)
    .join(`\n${'-'.repeat(80)}\n`)
}

/** Of the package itself: some have another package.json further in, which has no name. */
function findPackage(file: string): string {
  const found = findPackageJSON(pathToFileURL(file))!
  return JSON.parse(readFileSync(found, 'utf8')).version ? found : findPackage(dirname(found))
}

function licence(manifest: string): string {
  const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, string>
  const texts = globSync('{LICENSE,LICENCE,License,license,COPYING,NOTICE}*', { cwd: dirname(manifest) }).sort()
  return [`${name} ${version} (${license})`, ...texts.map((t) => readFileSync(join(dirname(manifest), t), 'utf8'))].join('\n\n')
}

/** A package scope of its own in which `#core/x.ts` means ./core/x.d.ts: sources and their types import by the same names. */
function buildTypes(): void {
  const types = join(dist, 'types')
  rmSync(types, { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
  const compiled = (source: string): string => source.replace(/^\.\/src\//, './').replace(/\.ts$/, '.js')
  const scope = { imports: Object.fromEntries(Object.entries(imports).map(([name, source]) => [name, compiled(source)])) }
  writeFileSync(join(types, 'package.json'), `${JSON.stringify({ type: 'module', ...scope }, null, 2)}\n`)
}
