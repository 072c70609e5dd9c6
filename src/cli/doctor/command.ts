/** pando doctor: is everything as it must be? */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ProcessState, processContract } from '#contracts/process.ts'
import { expectRestored } from '#lib/backup/restoring.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Config, readConfig } from '#src/config.ts'
import { command, jsonArg } from '../command.ts'
import { findRunning } from '../running.ts'
import * as data from './data.ts'
import { error, type Finding, fine } from './finding.ts'
import * as machine from './machine.ts'
import { ports } from './ports.ts'
import { ofProcess } from './process.ts'
import { settings } from './settings.ts'

type Env = Record<string, string | undefined>

export const doctor = command({
  name: 'pando doctor',
  summary:
    'Look for what is wrong: ports, permissions, clock, disk, keys, engines, settings, limits; what mends it stands below. Asks the running cloud, or reads its data through.',
  examples: ['pando doctor', 'PANDO_DATA_DIR=/var/lib/pando pando doctor --json | jq .findings'],
  args: jsonArg,
  async run({ json }, { env, out }) {
    const findings = await examine(env)
    const ok = findings.every((f) => f.severity !== 'error')
    out.write(json ? `${JSON.stringify({ ok, findings })}\n` : textOf(findings))
    return ok ? 0 : 1
  },
})

function textOf(findings: readonly Finding[]): string {
  const line = ({ severity, check, text, todo }: Finding) =>
    `${severity.padEnd(8)} ${check.padEnd(12)} ${text}\n${todo === undefined ? '' : `${' '.repeat(22)}→ ${todo}\n`}`
  const wrong = findings.filter((f) => f.severity !== 'ok').length
  return `${findings.map(line).join('')}\n${wrong === 0 ? 'Nothing is wrong.' : `${wrong} of ${findings.length} want looking at.`}\n`
}

export async function examine(env: Env): Promise<Finding[]> {
  const findings = machine.node(process.versions.node)
  let config: Config
  try {
    ;({ config } = readConfig(env))
  } catch (e) {
    if (!isPandoError(e)) throw e
    return [...findings, error('settings', e.message, 'mend it; `pando config` prints them all')]
  }
  const state = await running(config)
  if ('check' in state) return [...findings, ...settings(config), state]
  findings.push(...settings(config), ...(await ports(config, Object.values(state.facts?.listen ?? {}))))
  findings.push(...machine.files(state.facts?.pid ?? 'self'))
  const plugins = state.facts ? [] : await data.plugins(env)
  findings.push(...plugins)
  if (!existsSync(config.dataDir))
    return [...findings, fine('data', `there is no data in ${config.dataDir} yet; the first start makes it`)]
  const folders = ['log', 'history'].map((name) => join(config.dataDir, name))
  findings.push(...data.permissions(config), ...machine.clock(folders), ...machine.disk(config))
  if (state.facts) return [...findings, ...ofProcess(state.facts)]
  return [...findings, ...(await offline(config, env, plugins.length === 0))]
}

async function running(config: Config): Promise<{ facts?: ProcessState } | Finding> {
  try {
    const client = await findRunning(config)
    if (!client) return {}
    try {
      return { facts: await client.face(processContract).state({}) }
    } finally {
      await client.close()
    }
  } catch (e) {
    if (!isPandoError(e)) throw e
    return error('cloud', e.message, 'look at its log; stop it if it hangs')
  }
}

/** `opens`: the plugins are right, without which nothing opens. */
async function offline(config: Config, env: Env, opens: boolean): Promise<Finding[]> {
  try {
    expectRestored(config.dataDir)
  } catch (e) {
    return [error('data', (e as Error).message, 'repeat `pando restore`')]
  }
  if (!existsSync(join(config.dataDir, 'keys.json')) && !existsSync(join(config.dataDir, 'registry.db')))
    return [fine('data', `there is no data in ${config.dataDir} yet; the first start makes it`)]
  const engines = await data.engines(config)
  return [...engines, ...(opens && engines.every((f) => f.severity === 'ok') ? await data.keys(config, env) : [])]
}
