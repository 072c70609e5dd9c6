/** The registry: vendors, products and their models, applications, devices, credentials and tokens. Owner of the platform's keys. */
import { randomUUID } from 'node:crypto'
import type { Queue, RegistryBell } from '#core/queue/port.ts'
import type { Registrystore } from '#core/registrystore/port.ts'
import type { ServiceStart } from '#lib/service.ts'
import { builtInCodecs } from '#protocol/codec.ts'
import { makeKeys } from '#protocol/keys.ts'
import { makeIntents } from './audit/intents.ts'
import { makeAuditLog } from './audit/log.ts'
import { makeChanges } from './changes.ts'
import { background, type Context, TENANT } from './context.ts'
import { makeFace, type RegistryFace } from './face.ts'
import { makeSearch, type Search } from './fleet/search.ts'
import { makeIdempotency } from './idempotency.ts'
import { platformKeys } from './keycheck.ts'
import { makeLookups } from './lookups.ts'
import { type Accounts, makeAccounts } from './people/accounts.ts'
import { FIRST_ID, makeFirst, removePasswordFile, removeReplaced } from './people/first.ts'
import { makeLimits } from './people/limits.ts'
import { type Cost, makePasswords } from './people/password.ts'
import type { People } from './people/people.ts'
import { makeSeen } from './people/seen.ts'
import { retain } from './retention.ts'
import { makeSecrets } from './secrets.ts'

export type { RegistryFace } from './face.ts'

export interface RegistryConfig {
  dataDir: string
  aesKey?: string
  masterKey?: string
  /** ms that an access token lives without being used */
  tokenLife: number
  /** holds the first administrator's password */
  adminPasswordFile?: string
}

type Ports = { registrystore: Registrystore; queue: Pick<Queue, 'ring'> }
export type RegistryStart = Pick<
  ServiceStart<RegistryConfig, Ports>,
  'config' | 'log' | 'ports' | 'clock' | 'onStop' | 'hooks' | 'codecs'
>

/** For tests, which sign in more often than people. */
interface Inside {
  passwordCost?: Cost
}

/** How soon sessions end that another process has revoked. */
const LOOK_EVERY = 250
const SEEN_EVERY = 30_000
const RETAIN_EVERY = 10 * 60_000
const SWEEP_EVERY = 15_000

/** Hears of every change, here or elsewhere; undefined: anything may have changed. */
interface Dropping {
  drop(bell: RegistryBell | undefined): unknown
}

interface Parts {
  dropping: Dropping[]
  ctx: Context
  search: Search
  accounts: Accounts
}

async function makeContext({ config, log, ports, clock, onStop, hooks, codecs = builtInCodecs }: RegistryStart): Promise<Parts> {
  const store = ports.registrystore
  const { aesKey, masterKey } = await platformKeys(config, store)
  const secrets = makeSecrets(masterKey, TENANT)
  const keys = makeKeys(aesKey)
  const fresh = () => changes.fresh()
  const lookups = makeLookups({ store, secrets, keys, fresh, freshIfThere: () => changes.freshIfThere() })
  const search = makeSearch({ store, log, lookups, fresh })
  const accounts = makeAccounts(store)
  const dropping: Dropping[] = [lookups, search, accounts]
  const drop = (bell: RegistryBell | undefined): void => {
    for (const part of dropping) part.drop(bell)
  }
  const changes = makeChanges({ store, queue: ports.queue, origin: randomUUID(), now: clock.now, drop })
  await changes.start()
  // why it fails, the engine's state says
  onStop(
    clock.every(
      LOOK_EVERY,
      () => void changes.refresh().catch((err: unknown) => log.debug({ err }, 'looking for changes failed')),
    ),
  )
  const audit = makeAuditLog({ secrets, clock })
  const ctx: Context = { store, secrets, keys, clock, changes, lookups, audit, hooks, codecs, tokenLife: config.tokenLife, log }
  return { ctx, search, accounts, dropping }
}

async function makePeople({ ctx, accounts, search, dropping }: Parts, s: RegistryStart, inside: Inside): Promise<People> {
  const { config, clock, onStop } = s
  const passwords = makePasswords(ctx.secrets, inside.passwordCost)
  const seen = makeSeen(ctx.store)
  await makeFirst(ctx, passwords, config)
  onStop(clock.every(SEEN_EVERY, () => background(ctx.log, 'keeping when sessions were used', seen.write())))
  onStop(() => seen.write())
  const forgetReplaced = () =>
    background(ctx.log, 'removing a password that was replaced', removeReplaced(ctx, passwords, config.dataDir))
  forgetReplaced()
  dropping.push({ drop: (bell) => bell?.what === 'user' && bell.id === FIRST_ID && forgetReplaced() })
  const forgetFirstPassword = (id: number): void => {
    if (id === FIRST_ID) removePasswordFile(config.dataDir)
  }
  return { ctx, accounts, passwords, limits: makeLimits(clock.now), seen, here: search.warm, forgetFirstPassword }
}

/** Errors at start: `store_damaged`, `config_invalid` (keys missing, or not those the registry was written with). */
export async function start(s: RegistryStart, inside: Inside = {}): Promise<{ face: RegistryFace }> {
  const parts = await makeContext(s)
  const { ctx, search } = parts
  const people = await makePeople(parts, s, inside)
  const idempotency = makeIdempotency(ctx)
  const intents = makeIntents(ctx)
  const sweep = () => background(ctx.log, 'settling what nobody knows the outcome of', intents.sweep())
  sweep()
  s.onStop(s.clock.every(SWEEP_EVERY, sweep))
  s.onStop(s.clock.every(RETAIN_EVERY, () => background(ctx.log, 'removing what has ended', retain(ctx, idempotency.prune))))
  s.onStop(s.clock.every(RETAIN_EVERY, search.rest))
  s.onStop(search.stop)
  return { face: makeFace(ctx, { search, people, idempotency, intents }) }
}
