/** `Idempotency-Key`: whoever repeats a request gets the answer of the first, and it is done once (S-22). */
import { createHash } from 'node:crypto'
import { isPandoError, PandoError } from '#lib/errors.ts'
import type { AdminPeers } from './call.ts'
import { invalidAt } from './problem.ts'

export interface Kept {
  status: number
  body: string
  replayed: boolean
}

type Registry = Pick<AdminPeers['registry'], 'idempotencyBegin' | 'idempotencyFinish' | 'idempotencyForget'>

interface Once {
  actor: string
  key: string
  /** all that makes two requests the same */
  request: string
}

/** `idempotency_reused`, `conflict` while the first is under way or where what became of it is not known. */
export async function once(registry: Registry, { actor, key, request }: Once, run: () => Promise<Kept>): Promise<Kept> {
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) throw invalidAt('/header/Idempotency-Key', 'pattern', { max: 128 })
  const id = { principal: actor, key }
  const requestHash = createHash('sha256').update(request).digest('hex')
  const begun = await registry.idempotencyBegin({ ...id, requestHash }).catch((e: unknown) => {
    throw isPandoError(e, 'conflict') ? new PandoError('idempotency_reused', '', {}, e) : e
  })
  if (begun.state === 'done') return { status: begun.status!, body: begun.body!, replayed: true }
  if (begun.state !== 'new')
    throw new PandoError('conflict', 'the first request with this key has no answer yet', { state: begun.state })
  try {
    const done = await run()
    await registry.idempotencyFinish({ ...id, status: done.status, body: done.body })
    return done
  } catch (e) {
    await registry.idempotencyForget(id).catch(() => {})
    throw e
  }
}
