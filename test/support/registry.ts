/** A registry service on a store of its own in a temporary directory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after } from 'node:test'
import type { RegistryBell } from '#core/queue/port.ts'
import { openRegistrystore } from '#core/registrystore/open.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import { makeLog } from '#lib/log.ts'
import type { Clock } from '#lib/service.ts'
import { type RegistryFace, start } from '#logic/registry/service.ts'

export const AES_KEY = 'ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP'
export const MASTER_KEY = 'master key of the tests, 32 characters'
export const DAY = 86_400_000

/** of scrypt: tests sign in often */
const CHEAP = { ln: 8, r: 8, p: 1 }

export interface Registry {
  face: RegistryFace
  store: Registrystore
  bells: RegistryBell[]
  clock: { at: number }
  /** what was logged, as text */
  logged(): string
  stop(): Promise<void>
}

export const tempDir = (): string => mkdtempSync(join(tmpdir(), 'pando-registry-'))
export const removeDir = (dir: string): void => rmSync(dir, { recursive: true, force: true })

interface Options {
  aesKey?: string
  masterKey?: string
  tokenLife?: number
  adminPasswordFile?: string
  /** of the store; SQLite in `dir` when absent */
  registryUrl?: string
  /** ms since 1970 that its clock begins with */
  at?: number
}

/** One for all tests of a file, gone when they are done. */
export async function registryOfFile(): Promise<Registry> {
  const dir = tempDir()
  const r = await startRegistry(dir)
  after(async () => {
    await r.stop()
    removeDir(dir)
  })
  return r
}

/** Starts one on `dir`; several may run on the same directory, as several processes would. */
export async function startRegistry(dir: string, o: Options = { aesKey: AES_KEY, masterKey: MASTER_KEY }): Promise<Registry> {
  const store = await openRegistrystore(o.registryUrl ?? 'sqlite:', { dataDir: dir })
  const bells: RegistryBell[] = []
  const time = { at: o.at ?? 1_800_000_000_000 }
  const clock: Clock = { now: () => time.at, after: () => () => undefined, every: () => () => undefined }
  let logged = ''
  const destination = new Writable({
    write: (chunk, _, done) => {
      logged += chunk
      done()
    },
  })
  const stops: (() => Promise<void> | void)[] = []
  const ports = { registrystore: store, queue: { ring: (_: string, bell: unknown) => void bells.push(bell as RegistryBell) } }
  const config = { dataDir: dir, tokenLife: 30 * DAY, ...o }
  const onStop = (f: () => Promise<void> | void) => void stops.push(f)
  try {
    const log = makeLog({ level: 'debug', destination })
    const { face } = await start({ config, log, ports, clock, onStop }, { passwordCost: CHEAP })
    const stop = async () => {
      for (const f of stops) await f()
      await store.close()
    }
    return { face, store, bells, clock: time, logged: () => logged, stop }
  } catch (e) {
    await store.close()
    throw e
  }
}

export const CONFIG = JSON.stringify({
  objects: [{ no: 1, label: 'light', part: 1, status: [{ value_type: 7, name: 'on' }] }],
  commands: [],
  events: [],
})

/** A vendor, a product and an application. */
export async function furnish(face: RegistryFace) {
  const vendor = await face.addVendor({ name: 'Acme', description: 'Acme things' })
  const product = await face.addProduct({ vendorId: vendor.id, name: 'lamp', description: 'a lamp', config: CONFIG })
  const application = await face.addApplication({
    name: 'app',
    description: '',
    domain: '*',
    reportUrl: '',
    reportToken: 'report token of the tests',
  })
  return { vendor, product, application }
}
