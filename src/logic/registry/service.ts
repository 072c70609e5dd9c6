/** The registry: vendors, products and their models, applications, devices, credentials and tokens. Owner of the platform's keys. */
import { randomUUID } from 'node:crypto'
import type { Face } from '#contracts/contract.ts'
import type { registry } from '#contracts/registry.ts'
import type { Queue } from '#core/queue/port.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import type { ServiceStart } from '#lib/service.ts'
import { makeKeys } from '#protocol/keys.ts'
import { makeApplications } from './applications.ts'
import { makeChanges } from './changes.ts'
import { background, type Context, TENANT } from './context.ts'
import { makeDeadLetters } from './deadletters.ts'
import { makeDevices } from './devices.ts'
import { platformKeys } from './keycheck.ts'
import { makeLogin } from './login.ts'
import { makeLookups } from './lookups.ts'
import { makeProducts } from './products.ts'
import { makeRegistration } from './registration.ts'
import { makeSecrets } from './secrets.ts'
import { makeTokens } from './tokens.ts'
import { makeVendors } from './vendors.ts'

export type RegistryFace = Face<typeof registry>

export interface RegistryConfig {
  dataDir: string
  aesKey?: string
  masterKey?: string
  /** ms that an access token lives without being used */
  tokenLife: number
}

type Ports = { registrystore: Registrystore; queue: Pick<Queue, 'ring'> }
export type RegistryStart = Pick<ServiceStart<RegistryConfig, Ports>, 'config' | 'log' | 'ports' | 'clock' | 'onStop'>

/** How soon sessions end that another process has revoked. */
const LOOK_EVERY = 250

async function makeContext({ config, log, ports, clock, onStop }: RegistryStart): Promise<Context> {
  const store = ports.registrystore
  const { aesKey, masterKey } = await platformKeys(config, store)
  const secrets = makeSecrets(masterKey, TENANT)
  const keys = makeKeys(aesKey)
  const lookups = makeLookups({ store, secrets, keys, fresh: () => changes.fresh() })
  const changes = makeChanges({ store, queue: ports.queue, origin: randomUUID(), now: clock.now, drop: lookups.drop })
  await changes.start()
  onStop(clock.every(LOOK_EVERY, () => background(log, 'looking for changes', changes.refresh())))
  return { store, secrets, keys, clock, changes, lookups, tokenLife: config.tokenLife, log }
}

const items = async <T>(list: Promise<T[]>): Promise<{ items: T[] }> => ({ items: await list })
const none = async (work: Promise<unknown>): Promise<Record<string, never>> => {
  await work
  return {}
}

function makeFace(ctx: Context): RegistryFace {
  const [vendors, products, applications] = [makeVendors(ctx), makeProducts(ctx), makeApplications(ctx)]
  const [devices, tokens, letters] = [makeDevices(ctx), makeTokens(ctx), makeDeadLetters(ctx)]
  const { lookups } = ctx
  return {
    registerDevice: makeRegistration(ctx),
    login: makeLogin(ctx),
    checkTokens: (i) => items(tokens.check(i.items)),
    touchTokens: (i) => none(tokens.touch(i.deviceIds)),
    revokeTokens: (i) => none(tokens.revoke(i.deviceId)),

    devicesById: async (i) => ({ items: [...(await lookups.devicesById(i.ids)).values()] }),
    deviceByIdentifier: (i) => lookups.deviceByIdentifier(i.identifier),
    deviceByKey: (i) => lookups.deviceByKey(i.key),
    applicationByKey: (i) => lookups.applicationByKey(i.key),
    model: (i) => products.model(i.productId, i.version),

    vendors: (i) => items(vendors.list(i)),
    addVendor: vendors.add,
    editVendor: vendors.edit,
    removeVendor: (i) => none(vendors.remove(i.id)),
    products: (i) => items(products.list(i)),
    addProduct: products.add,
    editProduct: products.edit,
    removeProduct: (i) => none(products.remove(i.id)),
    applications: (i) => items(applications.list(i)),
    addApplication: applications.add,
    editApplication: applications.edit,
    removeApplication: (i) => none(applications.remove(i.id)),
    devices: (i) => items(devices.list(i)),
    editDevice: devices.edit,
    removeDevice: (i) => none(devices.remove(i.id)),

    addDeadLetter: letters.add,
    deadLetters: (i) => items(letters.list(i)),
    removeDeadLetter: (i) => none(letters.remove(i.id)),
  } satisfies Partial<RegistryFace> as Partial<RegistryFace> as RegistryFace
}

/** Errors at start: `store_damaged`, `config_invalid` (keys missing, or not those the registry was written with). */
export async function start(s: RegistryStart): Promise<{ face: RegistryFace }> {
  return { face: makeFace(await makeContext(s)) }
}
