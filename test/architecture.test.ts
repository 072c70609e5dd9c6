/** Who may import whom, and other rules of the house that a reader would have to check by eye. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceEntry, serviceNames } from '#src/services.ts'
import { mayImport } from './architecture/layers.ts'
import { cycles, type Module, modules, packageFiles } from './architecture/modules.ts'

const all = modules()
const isTest = (m: { path: string }) => /\.test\.ts$/.test(m.path)
const code = all.filter((m) => /^(src|console\/src)\//.test(m.path) && !isTest(m))
const list = (found: string[]) => assert.deepEqual(found, [])

// HOUSE-1
test('house: modules import only what their layer may', () => {
  assert.ok(code.length > 100)
  const opens = (service: string) => serviceNames.flatMap((n) => (n === service ? serviceEntry(n).opens : []))
  list(code.flatMap((m) => m.imports.filter((i) => !mayImport(m, i, opens)).map((i) => `${m.path} imports ${i.to}`)))
})

test('A1: no import cycles, types included', () => {
  list(cycles(all).map((c) => c.join(' -> ')))
})

test('A1: files are small: median at most 100 lines, none above 500', () => {
  const sizes = code.map((m) => m.lines).sort((a, b) => a - b)
  assert.ok(sizes[sizes.length >> 1]! <= 100, `the median is ${sizes[sizes.length >> 1]}`)
  list(all.filter((m) => m.lines > 500).map((m) => `${m.path}: ${m.lines} lines`))
})

// ACCESS-1
test('house: what access services share stands in one place', () => {
  const holders = new Map<string, Set<string>>()
  for (const m of code) {
    const service = /^src\/access\/(\w+)\//.exec(m.path)?.[1]
    if (service === undefined) continue
    const lines = m.text.split('\n').map((l) => l.trim())
    const said = lines.filter((l) => l !== '' && !/^(\/?\*|\/\/)/.test(l))
    for (let i = 0; i + SIX <= said.length; i++) {
      const six = said.slice(i, i + SIX).join('\n')
      holders.set(six, (holders.get(six) ?? new Set()).add(service))
    }
  }
  assert.ok(holders.size > 1000)
  list([...holders].filter(([, services]) => services.size > 1).map(([six, services]) => `${[...services]}: ${six}`))
})
const SIX = 6

test('house: the folder of a service is its name in the table', () => {
  const folders = new Set(code.flatMap((m) => /^src\/(?:logic|access)\/(\w+)\/service\.ts$/.exec(m.path)?.[1] ?? []))
  assert.deepEqual([...folders].sort(), [...serviceNames].sort())
  for (const name of serviceNames) assert.equal(serviceEntry(name).contract?.service ?? name, contractName(name))
})

/** Access services that hold devices share the contract `access`. */
const contractName = (name: (typeof serviceNames)[number]) => (serviceEntry(name).holdsDevices ? 'access' : name)

const offenders = (files: readonly Module[], pattern: RegExp, allowed: RegExp) =>
  files.filter((m) => !allowed.test(m.path) && pattern.test(m.code)).map((m) => m.path)

test('house: only main.ts ends the process', () => {
  list(offenders(code, /process\.exit\(/, /^src\/main\.ts$/))
})

test('house: only the command line reads the environment; services are told their settings', () => {
  list(offenders(code, /process\.env/, /^src\/(cli\/|main\.ts$)/))
})

test('house: nothing is left for later, no test is left out', () => {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']
  list(all.filter((m) => new RegExp(`\\b(${words.join('|')})\\b`).test(m.text)).map((m) => m.path))
  list(offenders(all, /\b(test|it|describe)\.(only|skip|todo)\b/, /^$/))
  list(offenders(all, /not implemented/i, /^test\/architecture\.test\.ts$/))
})

test('house: nothing in the package names a place on one machine or a package registry', () => {
  const places = new RegExp(['/ho' + 'me/\\w', '/Us' + 'ers/\\w', '/wo' + 'rk/', 'C:\\\\' + '\\\\Users'].join('|'))
  const registries = new RegExp(
    ['registry\\.npm' + 'js', 'registry\\.yarn' + 'pkg', 'npm\\.pkg\\.' + 'github', 'npm' + 'mirror'].join('|'),
  )
  const files = packageFiles()
  assert.ok(files.length > all.length)
  list(files.filter((f) => places.test(f.text)).map((f) => f.path))
  list(files.filter((f) => registries.test(f.text)).map((f) => f.path))
  list(
    files.filter((f) => f.path === 'package-lock.json' && /"resolved": "(?!https:\/\/registry)/.test(f.text)).map((f) => f.path),
  )
})
