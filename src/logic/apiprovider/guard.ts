/** Who may: the application of an App-Key, and whether its scope covers a device. */
import { hash, randomBytes } from 'node:crypto'
import type { Face } from '#contracts/contract.ts'
import type { Application, Device, registry } from '#contracts/registry.ts'
import type { Queue, RegistryBell } from '#core/queue/port.ts'
import { isPandoError } from '#lib/errors.ts'
import type { Clock } from '#lib/service.ts'
import { type Domain, domainCovers, parseDomain } from '#protocol/identifiers.ts'
import { makeCache } from './cache.ts'
import { codes, Refusal, texts } from './errors.ts'
import { claimsOf } from './identifier.ts'

export interface Caller {
  application: Application
  /** undefined: the stored scope has no valid form, nothing is covered */
  domain: Domain | undefined
}

export interface Guard {
  /** App-Key → application. Refusal 10003 where there is no key; `key_…`, `application_unknown`. `connection`: on which it came. */
  caller(key: string | undefined, connection?: object): Caller | Promise<Caller>
  /** A device that the caller may reach. Refusals 10008 (form, scope: the same whether or not the device exists), 10003. */
  device(caller: Caller, identifier: string): Device | Promise<Device>
  /** Refusal 10008 unless the caller's scope covers the device's real vendor and product. */
  allow(caller: Caller, device: { vendorId: number; productId: number }): void
  stop(): void
}

/** A removed or changed application must be noticed within a second even if the bell is lost; a device changes rarely. */
const APPLICATION_LIFE = 1000
const DEVICE_LIFE = 30_000
const MAX_APPLICATIONS = 1000
const MAX_DEVICES = 20_000

export function makeGuard({ peers, queue, clock }: Parts): Guard {
  const applications = makeCache<Caller>({
    clock,
    life: APPLICATION_LIFE,
    max: MAX_APPLICATIONS,
    idOf: (c) => c.application.id,
  })
  const devices = makeCache<Device>({ clock, life: DEVICE_LIFE, max: MAX_DEVICES, idOf: (d) => d.id })
  // Keys are found by a salted digest: no comparison takes longer the more of a key is right (hard case S-10).
  const salt = randomBytes(16).toString('hex')
  const digest = (key: string) => hash('sha256', salt + key, 'hex')
  /** What a connection said last: it says the same with each request, and comparing costs a fraction of a digest. */
  const lastSaid = new WeakMap<object, { key: string; id: string }>()
  const idOf = (key: string, connection: object | undefined): string => {
    if (!connection) return digest(key)
    const last = lastSaid.get(connection)
    if (last && same(last.key, key)) return last.id
    const id = digest(key)
    lastSaid.set(connection, { key, id })
    return id
  }

  const stop = queue.listen('registry', 'apiprovider', (bell: RegistryBell) => {
    if (bell.what === 'application') applications.drop()
    if (bell.change === 'added') return
    if (bell.what === 'device') devices.drop(bell.id)
    if (bell.what === 'product' || bell.what === 'vendor') devices.drop()
  })

  return {
    caller(key, connection) {
      if (!key) throw new Refusal(codes.device, texts.missing)
      const id = idOf(key, connection)
      return applications.get(id) ?? applications.load(id, async () => callerOf(await peers.registry.applicationByKey({ key })))
    },
    device(caller, identifier) {
      const known = devices.get(identifier)
      if (known) return allowed(caller, known)
      const claims = claimsOf(identifier)
      return devices
        .load(identifier, () => peers.registry.deviceByIdentifier({ identifier }))
        .then(
          (found) => allowed(caller, found),
          (e: unknown) => {
            // What is out of reach answers the same whether it exists or not.
            if (isPandoError(e, 'device_unknown')) check(caller, claims.vendor, claims.product)
            throw e
          },
        )
    },
    allow: (caller, device) => void allowed(caller, device),
    stop,
  }
}

interface Parts {
  /** looked up at each call */
  peers: { registry: Pick<Face<typeof registry>, 'applicationByKey' | 'deviceByIdentifier'> }
  queue: Pick<Queue, 'listen'>
  clock: Clock
}

/** As long for what is nearly right as for what is all wrong: callers of one proxy share its connections. */
function same(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let differs = 0
  for (let i = 0; i < a.length; i++) differs |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return differs === 0
}

function callerOf(application: Application): Caller {
  try {
    return { application, domain: parseDomain(application.domain) }
  } catch {
    return { application, domain: undefined }
  }
}

function check({ application, domain }: Caller, vendor: number, product: number): void {
  if (!domain) throw new Refusal(codes.denied, texts.domain(application.domain))
  if (!domainCovers(domain, vendor, product)) throw new Refusal(codes.denied, texts.noAccess)
}

function allowed<D extends { vendorId: number; productId: number }>(caller: Caller, device: D): D {
  check(caller, device.vendorId, device.productId)
  return device
}
