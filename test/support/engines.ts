/**
 * The real servers that suites of engines run on. Each is named by a variable, PANDO_TEST_MYSQL_URL for `mysql`; where it is not set its
 * tests are skipped with that reason, or fail if PANDO_TEST_ENGINES is `required`. Tests that break a server start one of their own
 * by PANDO_TEST_ENGINES_COMMAND, a program that knows start, stop, kill, pause, resume and restart.
 */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { whenWeEnd } from './leftbehind.ts'

export type EngineName = 'mysql' | 'postgres' | 'redis' | 'nsq' | 'etcd' | 'mongodb' | 'elasticsearch'

const COMMAND = 'PANDO_TEST_ENGINES_COMMAND'
const variable = (name: EngineName): string => `PANDO_TEST_${name.toUpperCase()}_URL`

export const engineUrl = (name: EngineName): string | undefined => process.env[variable(name)] || undefined

/** One test in the place of those that can't be run. */
function unavailable(what: string, why: string): void {
  const required = process.env['PANDO_TEST_ENGINES'] === 'required'
  test(`${what} on a real server`, required ? {} : { skip: `no ${what}: ${why}` }, () => {
    throw new Error(`no ${what}: ${why}, but PANDO_TEST_ENGINES is required`)
  })
}

/** Registers the tests of an engine on the server that is there. */
export function onEngine(name: EngineName, tests: (url: string) => void): void {
  const url = engineUrl(name)
  if (url) tests(url)
  else unavailable(name, `${variable(name)} is not set`)
}

/** Registers tests that need all of these. */
export function onEngines([first, ...others]: readonly EngineName[], tests: () => void): void {
  if (first === undefined) tests()
  else onEngine(first, () => onEngines(others, tests))
}

/** A server that nobody else uses. */
export interface OwnEngine {
  url: string
  kill(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  restart(): Promise<void>
  /** After `kill`: same address, same data. */
  start(): Promise<void>
  /** Ends it and drops its data. */
  stop(): Promise<void>
}

/** Registers tests that break servers; `begin` starts one, with these flags besides its own. */
export function breakingEngine(name: EngineName, tests: (begin: (flags?: string) => Promise<OwnEngine>) => void): void {
  const command = process.env[COMMAND]
  if (command) tests((flags) => startOwn(command, name, flags))
  else unavailable(`${name} to break`, `${COMMAND} is not set`)
}

/** A server of one's own, for those that break many. */
export const ownEngine = (name: EngineName): Promise<OwnEngine> => {
  const command = process.env[COMMAND]
  if (!command) throw new Error(`no ${name} to break: ${COMMAND} is not set`)
  return startOwn(command, name)
}

const run = promisify(execFile)

async function startOwn(command: string, name: EngineName, flags?: string): Promise<OwnEngine> {
  const [program = '', ...args] = command.split(/\s+/)
  const state = mkdtempSync(join(tmpdir(), `pando-${name}-`))
  // servers that don't run as root must get in
  chmodSync(state, 0o755)
  // a MariaDB that starts clears away the temporary tables that it finds, another server's too: it gets a folder to itself
  const TMPDIR = join(state, 'tmp')
  mkdirSync(TMPDIR)
  chmodSync(TMPDIR, 0o1777)
  const env = { ...process.env, TMPDIR, ...(flags !== undefined && { [`PANDO_ENGINES_${name.toUpperCase()}_FLAGS`]: flags }) }
  const tell = async (what: string): Promise<string> =>
    (await run(program, [...args, '--state', state, what, ...(what === 'stop' ? [] : [name])], { env })).stdout
  const says = new RegExp(`${variable(name)}='(.*)'`)
  const stopped = whenWeEnd([`env TMPDIR=${TMPDIR}`, command, '--state', state, 'stop >/dev/null 2>&1'].join(' '))
  const url = says.exec(await tell('start'))?.[1]
  if (url === undefined) throw new Error(`${command} start ${name} did not say ${variable(name)}`)
  const does = (what: string) => async () => void (await tell(what))
  return {
    url,
    kill: does('kill'),
    pause: does('pause'),
    resume: does('resume'),
    restart: does('restart'),
    start: does('start'),
    async stop() {
      await tell('stop')
      stopped()
    },
  }
}
