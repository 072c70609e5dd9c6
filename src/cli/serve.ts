/** pando serve [service …] */
import { openLogs } from '#core/logs/open.ts'
import type { Logs } from '#core/logs/port.ts'
import type { Cloud } from '#src/cloud.ts'
import { readConfig } from '#src/config.ts'
import { serviceNames } from '#src/services.ts'
import { closest } from './closest.ts'
import { type Context, command } from './command.ts'
import { showFirstPassword } from './firstpassword.ts'
import { namingSetting } from './listening.ts'
import { onCrash, stopSignals } from './signals.ts'
import { trimSoon } from './trim.ts'
import { UsageError } from './usage.ts'

/** A stop that takes longer is cut off: sooner than the 5 s after which process managers kill. */
const STOP_MS = 4900

export const serve = command({
  name: 'pando serve',
  summary: `Run the cloud, or only the services named: ${serviceNames.join(', ')}. Settings come from the environment (pando config).`,
  examples: [
    'pando serve',
    'PANDO_DATA_DIR=/var/lib/pando PANDO_HTTPACCESS_LISTEN=0.0.0.0:80 pando serve',
    'PANDO_LOG_LEVEL=warn pando serve > ready.json   # one JSON line when it is ready',
  ],
  words: true,
  args: { services: { type: 'positional', required: false, description: 'Services to run; all when none is named' } },
  async run({ _: services }, context) {
    return runCloud({
      env: context.env,
      services: context.env['PANDO_PLUGINS'] ? services : services.map(serviceName),
      context,
      ready: (cloud) => sayReady(cloud, context),
    })
  },
})

function serviceName(word: string): string {
  if ((serviceNames as string[]).includes(word)) return word
  const guess = closest(word, serviceNames)
  throw new UsageError(
    `there is no service ${word}; ${guess ? `did you mean ${guess}?` : `there are ${serviceNames.join(', ')}`}`,
    'pando serve',
  )
}

export interface RunOptions {
  env: Record<string, string | undefined>
  services: readonly string[]
  context: Context
  /** said when everything is up; what it returns is stopped before the cloud is */
  ready(cloud: Cloud): Promise<(() => Promise<void>) | undefined> | undefined
}

/** Starts the cloud and runs it until SIGTERM or SIGINT → exit code. A second signal ends the process at once. */
export async function runCloud({ env, services, context, ready }: RunOptions): Promise<number> {
  const { config } = readConfig(env)
  const logs = await openLogs(config.logUrl, { level: config.logLevel })
  onCrash(logs.log, context)
  const signals = stopSignals(context)
  try {
    return await runUntil(signals.first, { env, services, ready }, logs)
  } finally {
    signals.forget()
    await logs.close()
  }
}

async function runUntil(
  signalled: Promise<string>,
  { env, services, ready }: Omit<RunOptions, 'context'>,
  logs: Logs,
): Promise<number> {
  const { log } = logs
  const { startCloud } = await import('#src/cloud.ts')
  const starting = startCloud({ env, services, logs }).catch((e) => {
    throw namingSetting(e, env)
  })
  const cloud = await Promise.race([starting, signalled.then(() => undefined)])
  const up = cloud ?? (await Promise.race([starting, wait(STOP_MS)]))
  if (!up) return 0
  const before = cloud && (await announced(cloud, ready, signalled))
  const { presenceUrl, discoveryUrl } = up.config
  trimSoon(presenceUrl.startsWith('memory:') && discoveryUrl.startsWith('local:'))
  process.on('SIGHUP', up.reload)
  const signal = await signalled
  process.off('SIGHUP', up.reload)
  log.info({ signal }, 'stopping')
  const stopped = await Promise.race([stopAll(up, before).then(() => true), wait(STOP_MS)])
  if (!stopped) log.error({ after: STOP_MS }, 'stopping took too long and was cut off')
  return stopped ? 0 : 1
}

/** What is to be stopped before the cloud; a signal does not wait for it to be ready, and what fails does not leave the cloud running. */
async function announced(cloud: Cloud, ready: RunOptions['ready'], signalled: Promise<string>) {
  try {
    return await Promise.race([ready(cloud), signalled.then(() => undefined)])
  } catch (e) {
    await cloud.stop()
    throw e
  }
}

async function stopAll(cloud: Cloud, before: (() => Promise<void>) | undefined): Promise<void> {
  await before?.()
  await cloud.stop()
}

const wait = (ms: number): Promise<undefined> => new Promise((done) => setTimeout(() => done(undefined), ms).unref())

/** An address that one can connect to, where all addresses of the machine are listened on. */
export const reachable = (url: string): string => url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')

/** What is listened on, as addresses that can be used on this machine. */
export const listensOn = (cloud: Cloud): Record<string, string> =>
  Object.fromEntries(Object.entries(cloud.listen).map(([name, url]) => [name, reachable(url)]))

const purposes: Record<string, string> = {
  httpaccess: 'devices register and log in',
  mqttaccess: 'devices connect',
  mqttaccessWs: 'devices connect over WebSocket',
  coapaccess: 'devices speak CoAP',
  coapaccessDtls: 'devices speak CoAP over DTLS',
  coapaccessTcp: 'devices speak CoAP over TCP',
  apiprovider: 'applications',
  ops: '/healthz, /readyz, /metrics',
}

/** What a person at a terminal is told. */
export function readyText(cloud: Cloud): string {
  const lines = Object.entries(listensOn(cloud)).map(([name, url]) => `  ${url.padEnd(28)} ${purposes[name] ?? name}`)
  return ['Pando Cloud is ready.', '', ...lines, `  ${cloud.config.dataDir.padEnd(28)} data`, ''].join('\n')
}

/** One line when ready: JSON, unless stdout is a terminal. */
function sayReady(cloud: Cloud, { out }: Context): undefined {
  const text = out.isTTY ? `${readyText(cloud)}\nCtrl-C stops it.` : JSON.stringify({ ready: true, listen: listensOn(cloud) })
  out.write(`${text}\n`)
  showFirstPassword(cloud.config.dataDir, out)
}
