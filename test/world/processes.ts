/** A cluster of real processes, two of each part, which can be killed, frozen and started again one by one. Engines are servers. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Contract, Face } from '#contracts/contract.ts'
import { controller } from '#contracts/controller.ts'
import { devicemanager } from '#contracts/devicemanager.ts'
import { notifier } from '#contracts/notifier.ts'
import { registry } from '#contracts/registry.ts'
import { anyFace } from '#rpc/any.ts'
import { rpcClient } from '#rpc/client.ts'
import { elsewhere, placesOf } from './places.ts'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'
import { root } from './root.ts'
import type { Env, Options, Running } from './running.ts'

/** Services that share a process. */
const roles = [
  ['registry', 'devicemanager'],
  ['controller', 'notifier'],
  ['apiprovider', 'httpaccess', 'coapaccess', 'xmppaccess'],
  ['mqttaccess'],
] as const
const TIMES = 2
const listening: ReadonlySet<string> = new Set(['apiprovider', 'httpaccess', 'coapaccess', 'mqttaccess'])

/** One process of the cluster. */
export interface Part {
  readonly name: string
  readonly services: readonly string[]
  readonly pid: number
  readonly up: boolean
  /** as `Running.listen` */
  readonly listen: Record<string, string>
  kill(): Promise<void>
  /** SIGTERM → exit code */
  stop(): Promise<number>
  /** SIGSTOP, SIGCONT */
  signal(name: NodeJS.Signals): void
  start(): Promise<void>
}

/** Those of a world of shape `processes`. */
export const partsOf = (world: { readonly running: Running }): readonly Part[] =>
  (world.running as unknown as { parts: readonly Part[] }).parts

export async function startProcesses(o: Options): Promise<Running & { parts: readonly Part[] }> {
  const parts: Awaited<ReturnType<typeof makePart>>[] = []
  for (const services of roles)
    for (let n = 0; n < TIMES; n++) parts.push(await makePart(o, elsewhere(o.env, n), `${services[0]}${n}`, services))
  try {
    for (let i = 0; i < parts.length; i += TIMES) {
      const begun = await Promise.allSettled(parts.slice(i, i + TIMES).map((p) => p.start()))
      for (const b of begun) if (b.status === 'rejected') throw b.reason
    }
  } catch (e) {
    await Promise.all(parts.map((p) => p.kill()))
    throw e
  }
  const clients = parts.map((p) => ({
    services: p.services,
    client: rpcClient({ origin: p.rpc, secret: o.env['PANDO_CLUSTER_SECRET']! }),
  }))
  const face = <C extends Contract>(c: C) => {
    const theirs = clients.filter((p) => p.services.some((s) => s === c.service)).map((p) => p.client.face(c))
    return anyFace(c, { faces: () => theirs, changed: (ms) => sleep(ms) }) as Face<C>
  }
  return {
    parts,
    ...placesOf(() => placesNow(parts)),
    peers: {
      registry: face(registry),
      devicemanager: face(devicemanager),
      controller: face(controller),
      notifier: face(notifier),
    },
    pid: parts[0]!.pid,
    async stop() {
      const codes: number[] = []
      for (const p of parts.toReversed()) if (p.up) codes.push(await p.stop())
      for (const { client } of clients) await client.close()
      return Math.max(0, ...codes)
    },
    async kill() {
      await Promise.all(parts.map((p) => p.kill()))
    },
    logged: () => parts.map((p) => p.running()?.logged() ?? '').join(''),
  }
}

/** Where each part listened before: a restart comes back there. */
const places = new WeakMap<Options, Map<string, string>>()

async function placeOf(o: Options, what: string): Promise<string> {
  const mine = places.get(o) ?? new Map<string, string>()
  places.set(o, mine)
  const place = mine.get(what) ?? `127.0.0.1:${await freePort()}`
  mine.set(what, place)
  return place
}

async function makePart(o: Options, own: Env, name: string, services: readonly string[]) {
  const dataDir = join(o.dataDir, name)
  mkdirSync(dataDir, { recursive: true })
  const place = (what: string) => placeOf(o, `${name} ${what}`)
  const rpc = await place('rpc')
  const env: Env = { ...o.env, ...own, PANDO_DATA_DIR: dataDir, PANDO_RPC_LISTEN: rpc, PANDO_OPS_LISTEN: await place('ops') }
  for (const s of services) if (listening.has(s)) env[`PANDO_${s.toUpperCase()}_LISTEN`] = await place(s)
  if (services.some((s) => s === 'mqttaccess')) env['PANDO_MQTTACCESS_WS_LISTEN'] = await place('ws')
  let now: Running | undefined
  let last: Running | undefined
  return {
    name,
    services,
    rpc: `http://${rpc}`,
    running: () => last,
    get pid() {
      return now?.pid ?? 0
    },
    get up() {
      return now !== undefined
    },
    get listen() {
      return last?.listen ?? {}
    },
    async kill() {
      await now?.kill()
      now = undefined
    },
    async stop() {
      const was = now
      now = undefined
      return (await was?.stop()) ?? 0
    },
    signal: (signal: NodeJS.Signals) => void process.kill(now!.pid, signal),
    async start() {
      last = now = await startProcess({ ...o, dataDir, env, program: [join(root, 'bin/pando'), 'serve', ...services] })
    },
  }
}

/** Of a name by which none is up: where they were. */
function placesNow(parts: readonly Pick<Part, 'up' | 'listen'>[]): Record<string, string>[] {
  const up = (name: string) => parts.some((p) => p.up && p.listen[name])
  return parts.map((p) => Object.fromEntries(Object.entries(p.listen).filter(([name]) => p.up || !up(name))))
}
