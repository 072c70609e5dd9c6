/** Answers kept for those who repeat a request: found by HMAC, wrapped, since an answer may hold a secret that is shown once. */
import type { IdempotencyRow, NewRow, Transaction } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from './checks.ts'
import { type Context, TENANT } from './context.ts'

interface Key {
  principal: string
  key: string
}

type Begun = { state: 'new' | 'running' | 'interrupted' } | { state: 'done'; status: number; body: string }

const LIFE = 24 * 3_600_000
/** A request that takes longer than this has lost its process. */
const LEASE = 60_000
const MAX_KEY = 255
const MAX_HASH = 64
const MAX_BODY = 1_000_000
const PRUNE_AT_ONCE = 200

export function makeIdempotency(ctx: Context) {
  const { store, secrets, clock } = ctx
  const hashOf = (k: Key): string => {
    if (k.key === '') throw check.wrong('Idempotency-Key', 'is empty', { reason: 'empty' })
    return secrets.keyHash('idempotency.key', JSON.stringify([k.principal, check.text('Idempotency-Key', k.key, MAX_KEY)]))
  }
  const find = async (tx: Pick<Transaction, 'select'>, hash: string): Promise<IdempotencyRow | undefined> =>
    (await tx.select('idempotency', { where: { hash } }))[0]

  const answer = (row: IdempotencyRow, attempt: string): Begun => {
    if (row.state !== 'done' && row.attempt === attempt) return { state: 'new' }
    if (row.state !== 'done') return { state: row.lease_until > clock.now() ? 'running' : 'interrupted' }
    return { state: 'done', status: row.status, body: secrets.open('idempotency.answer', row.id, row.body_sealed) }
  }

  return {
    begin: (k: Key & { requestHash: string; attempt: string }): Promise<Begun> =>
      store.transaction(async (tx) => {
        const hash = hashOf(k)
        const requestHash = check.text('requestHash', k.requestHash, MAX_HASH)
        const now = clock.now()
        const row = await find(tx, hash)
        if (row && row.created_at > now - LIFE) {
          if (row.request_hash === requestHash) return answer(row, k.attempt)
          throw new PandoError('conflict', 'this Idempotency-Key was used for another request', { field: 'Idempotency-Key' })
        }
        if (row) await tx.remove('idempotency', 'id', [row.id])
        const id = await tx.next('idempotency', 1)
        const empty = { state: 'running', lease_until: now + LEASE, status: 0, body_sealed: '', created_at: now }
        await tx.insert('idempotency', [{ id, tenant_id: TENANT, hash, request_hash: requestHash, attempt: k.attempt, ...empty }])
        return { state: 'new' }
      }),

    finish: (k: Key & { status: number; body: string }): Promise<void> =>
      store.transaction(async (tx) => {
        const row = await find(tx, hashOf(k))
        if (!row || row.state === 'done') return
        if (k.body.length > MAX_BODY) throw new PandoError('too_large', `the answer is above ${MAX_BODY} characters`)
        const body_sealed = secrets.seal('idempotency.answer', row.id, k.body)
        const done: NewRow<'idempotency'> = { ...row, state: 'done', status: k.status, body_sealed }
        await tx.update('idempotency', [done])
      }),

    forget: (k: Key): Promise<void> =>
      store.transaction(async (tx) => {
        const row = await find(tx, hashOf(k))
        if (row && row.state !== 'done') await tx.remove('idempotency', 'id', [row.id])
      }),

    /** Removes those that are past their time, oldest first. → how many */
    async prune(): Promise<number> {
      const oldest = await store.select('idempotency', { after: 0, limit: PRUNE_AT_ONCE })
      const gone = oldest.filter((r) => r.created_at <= clock.now() - LIFE).map((r) => r.id)
      if (gone.length > 0) await store.transaction((tx) => tx.remove('idempotency', 'id', gone))
      return gone.length
    },
  }
}
