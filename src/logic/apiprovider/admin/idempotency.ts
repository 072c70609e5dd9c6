/** `Idempotency-Key`: whoever repeats a request gets the answer of the first, and it is done once (S-22). */
import { createHash, randomUUID } from 'node:crypto'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { Logger } from '#lib/log.ts'
import type { AdminPeers } from './call.ts'
import { invalidAt, wasRefused } from './problem.ts'

export interface Kept {
  status: number
  body: string
  replayed: boolean
}

interface Parts {
  peers: { registry: Pick<AdminPeers['registry'], 'idempotencyBegin' | 'idempotencyFinish' | 'idempotencyForget'> }
  log: Logger
}

interface Once {
  actor: string
  key: string
  /** all that makes two requests the same */
  request: string
  /** those who do it know it by `nameOf`: done again it is still done once */
  throughout: boolean
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Of the request too: the key may be forgotten, and then be of another one. */
export const nameOf = ({ actor, key, request }: Once): string => `admin/${digest(JSON.stringify([actor, key, request]))}`

const RUNNING = 'running'
const SAID = {
  [RUNNING]: 'the first request with this key has no answer yet: ask again',
  interrupted: 'what became of the first request with this key is not known: look whether it was done, then take another key',
}

/** The same request may be asked again under its key. */
export const isUnderWay = (e: unknown): boolean => isPandoError(e, 'conflict') && e.params['state'] === RUNNING

/**
 * `idempotency_reused`, `conflict` while the first is under way or where what became of it is not known. A key is forgotten where nothing was
 * done or it may be done again; else it stays taken, so that nothing is done twice.
 */
export async function once({ peers: { registry }, log }: Parts, one: Once, run: () => Promise<Kept>): Promise<Kept> {
  const { actor, key, throughout } = one
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) throw invalidAt('/header/Idempotency-Key', 'pattern', { max: 128 })
  const id = { principal: actor, key }
  const begun = await registry
    .idempotencyBegin({ ...id, requestHash: digest(one.request), attempt: randomUUID() })
    .catch((e: unknown) => {
      throw isPandoError(e, 'conflict') ? new PandoError('idempotency_reused', '', {}, e) : e
    })
  const { state } = begun
  if (state === 'done') return { status: begun.status!, body: begun.body!, replayed: true }
  if (state === RUNNING || (state === 'interrupted' && !throughout)) throw new PandoError('conflict', SAID[state], { state })
  const done = await run().catch(async (e: unknown) => {
    if (throughout || wasRefused(e)) await registry.idempotencyForget(id).catch(() => {})
    throw e
  })
  await registry.idempotencyFinish({ ...id, status: done.status, body: done.body }).catch((err: unknown) => {
    log.warn({ err, actor }, 'the answer to a request cannot be kept for those who repeat it: its Idempotency-Key stays taken')
  })
  return done
}
