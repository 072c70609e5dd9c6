/** Files of deploy/ and examples/, and what they say. */
import { globSync, readFileSync, statSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import { serviceNames } from '#src/services.ts'
import { findCommand, readArgs } from '../../src/cli/command.ts'
import { pando } from '../../src/cli/commands.ts'
import { root, textOf } from '../docs/pages.ts'

export { root, textOf } from '../docs/pages.ts'

export const deployed = (): string[] =>
  globSync(['deploy/**/*', 'deploy/**/.*', 'examples/*.env'], { cwd: root })
    .filter((f) => statSync(`${root}/${f}`).isFile() && !f.endsWith('/.env'))
    .sort()

// biome-ignore lint/suspicious/noExplicitAny: each test looks for what it needs
export const yamlOf = (path: string): any => parse(textOf(path), { merge: true })

// biome-ignore lint/suspicious/noExplicitAny: what a renderer wrote
export const documentsOf = (text: string): any[] =>
  parseAllDocuments(text)
    .map((d) => d.toJS())
    .filter((d) => d !== null)

/** All but further ways for devices to come in, which an operator adds. */
export const wantedServices = serviceNames.filter(
  (name) => !/access$/.test(name) || name === 'mqttaccess' || name === 'httpaccess',
)

/** Throws where the words are no command line of ours. */
export async function expectCommand(words: readonly string[]): Promise<void> {
  const { command, rest } = await findCommand(pando, words)
  readArgs(command, rest)
  if (command.name !== 'pando serve') return
  const unknown = rest.find((w) => !w.startsWith('-') && !(serviceNames as readonly string[]).includes(w))
  if (unknown !== undefined) throw new Error(`there is no service ${unknown}`)
}

/** metric → its labels */
const metrics = new Map(
  [...readFileSync(`${root}/docs/metrics.md`, 'utf8').matchAll(/^\| `(pando_\w+)` \| \w+ \| (.*?) \|/gm)].map((m) => [
    m[1]!,
    [...m[2]!.matchAll(/`(\w+)`/g)].map((l) => l[1]!),
  ]),
)
const nameOf = (name: string): string => name.replace(/_bucket$/, '')
/** Those that are named but that no process has. */
export const unknownMetrics = (text: string): string[] =>
  [...text.matchAll(/\bpando_[a-z_]+/g)].map((m) => nameOf(m[0])).filter((name) => !metrics.has(name))
/** Whether the metric has the label, from us or from what collects it. */
export const hasLabel = (metric: string, label: string): boolean =>
  ['job', 'instance', 'le'].includes(label) || metrics.get(nameOf(metric))?.includes(label) === true
