/** The package's modules and what they import, read from their text. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { root } from '../world/root.ts'

export interface Import {
  /** path from the package's folder for our own modules, else the name as written: `node:fs`, `fastify` */
  to: string
  kind: 'own' | 'builtin' | 'package'
  typeOnly: boolean
}

export interface Module {
  path: string
  text: string
  /** `text` without comments */
  code: string
  lines: number
  imports: Import[]
}

const IMPORT = /^\s*(?:import|export)\s(type\s)?(?:[^'"`;]*?\sfrom\s)?\s*'([^']+)'|\bimport\('([^']+)'\)/gm

const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { imports: Record<string, string> }
const roots = Object.entries(own.imports).map(([from, to]) => [from.split('*')[0]!, to.split('*')[0]!] as const)

const find = (...patterns: string[]): string[] => patterns.flatMap((p) => globSync(p, { cwd: root })).sort()

/** Every TypeScript module of the package. */
export const modules = (): Module[] => find('src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'console/**/*.{ts,tsx}').map(read)

/** Every text file of the package that we wrote (no golden vectors, no lock file's hashes). */
export const packageFiles = (): Module[] =>
  find('*.{md,json,ts}', '.npmrc', '.ci/*', 'bin/*', '{src,test,bench,docs,examples,deploy,console}/**/*.*').map(read)

function read(path: string): Module {
  const text = readFileSync(join(root, path), 'utf8')
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
  const imports = /\.tsx?$/.test(path) ? [...code.matchAll(IMPORT)].map((m) => importOf(path, m)) : []
  return { path, text, code, lines: text.split('\n').length - 1, imports }
}

function importOf(path: string, [, type, from, dynamic]: RegExpMatchArray): Import {
  const name = (from ?? dynamic)!
  const typeOnly = type !== undefined
  const alias = roots.find(([prefix]) => name.startsWith(prefix))
  if (alias) return { to: normalize(name.replace(alias[0], alias[1])), kind: 'own', typeOnly }
  if (name.startsWith('.')) return { to: join(dirname(path), name), kind: 'own', typeOnly }
  return { to: name, kind: name.startsWith('node:') ? 'builtin' : 'package', typeOnly }
}

/** Import cycles: the strongly connected components (Tarjan) of more than one module, each as a walk around it. */
export function cycles(all: readonly Module[]): string[][] {
  const edges = new Map(all.map((m) => [m.path, m.imports.filter((i) => i.kind === 'own').map((i) => i.to)]))
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (path: string): void => {
    index.set(path, index.size)
    low.set(path, index.get(path)!)
    stack.push(path)
    for (const to of edges.get(path) ?? []) {
      if (!index.has(to)) visit(to)
      if (stack.includes(to)) low.set(path, Math.min(low.get(path)!, low.get(to)!))
    }
    if (low.get(path) !== index.get(path)) return
    const component = stack.splice(stack.indexOf(path))
    if (component.length > 1 || edges.get(path)?.includes(path)) found.push(walk(component, edges))
  }
  for (const path of edges.keys()) if (!index.has(path)) visit(path)
  return found
}

/** A shortest way from the first module of a component back to itself. */
function walk(component: string[], edges: ReadonlyMap<string, string[]>): string[] {
  const [start] = component as [string]
  let ways = [[start]]
  for (;;) {
    const next = ways.flatMap((w) =>
      edges
        .get(w.at(-1)!)!
        .filter((to) => component.includes(to))
        .map((to) => [...w, to]),
    )
    const back = next.find((w) => w.at(-1) === start)
    if (back) return back
    ways = next.filter((w) => new Set(w).size === w.length)
  }
}
