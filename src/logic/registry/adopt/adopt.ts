/**
 * Records of an older cloud, written with the ids, keys and secrets that they have. Repeating it changes nothing: what is there is compared,
 * and what differs stays as it is.
 */
import type { Adoption, By } from '#contracts/registry.ts'
import type { RegistryBell } from '#core/queue/port.ts'
import type { Column, NewRow, Reads, Table, Transaction } from '#core/registrystore/port.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { ProtocolError } from '#protocol/errors.ts'
import { change } from '../changes.ts'
import * as check from '../checks.ts'
import type { Context } from '../context.ts'
import type { Kind as SealedKind } from '../secrets.ts'

export interface Asked<O> {
  items: readonly O[]
  next?: number
  check: boolean
  audit?: By
}

type Keyed = { id: number; key: string }

export interface Kind<O extends { id: number }, T extends Table, R> {
  table: T
  /** its primary key */
  key: Column<T>
  /** as it is called in the audit log, and the sequence that gives its ids; none where it has none of its own */
  name: string
  sequence?: string
  bell: RegistryBell['what']
  /** What is looked at besides the rows themselves. */
  read(tx: Reads, items: readonly O[]): Promise<R>
  /** A row, and what is said of it. Throws `invalid` where it cannot be one. */
  make(o: O, around: R): { row: NewRow<T>; why?: string }
  /** How the row that is there differs; `refused` where it is another thing. */
  compare(o: O, row: NewRow<T>, around: R): Adoption
  insert(tx: Transaction, rows: { old: O; row: NewRow<T> }[]): Promise<void>
  /** What differs but is taken over all the same. */
  renew?(o: O, row: NewRow<T>, around: R): NewRow<T> | undefined
}

export const there: Adoption = { outcome: 'there', why: '' }
export const refused = (why: string): Adoption => ({ outcome: 'refused', why })
export const differs = (names: readonly string[]): Adoption =>
  names.length === 0 ? there : { outcome: 'differs', why: `here it has another ${names.join(', ')}` }

/** Names of the columns whose value is another. */
export const different = (row: object, wanted: Record<string, unknown>): string[] =>
  Object.keys(wanted).filter((name) => (row as Record<string, unknown>)[name] !== wanted[name])

/** Throws `invalid` where the key was not made for this id with the platform's key. */
export function keyOf(
  { keys, secrets }: Context,
  kind: SealedKind,
  { id, key }: Keyed,
): { key_hash: string; key_sealed: string } {
  const wrong = new PandoError('key_mismatch', 'its key was not made for it with this PANDO_AES_KEY')
  try {
    if (keys.decode(key) !== BigInt(id)) throw wrong
  } catch (e) {
    throw e instanceof ProtocolError ? wrong : e
  }
  const text = key.toLowerCase()
  return { key_hash: secrets.keyHash(kind, text), key_sealed: secrets.seal(kind, id, text) }
}

export const sameKey = ({ secrets }: Context, kind: SealedKind, row: { key_hash: string }, key: string): boolean =>
  row.key_hash === secrets.keyHash(kind, key.toLowerCase())

/** Texts of the old cloud may be empty where ours may not. */
export const shown = (o: { name: string; description: string }) => ({
  name: check.text('name', o.name, 200),
  description: check.description(o.description),
})

/** Ids are given above all that the old cloud gave, whether or not what had them is still there. */
async function reserve(tx: Transaction, sequence: string, next: number): Promise<void> {
  const now = await tx.next(sequence, 0)
  if (now < next) await tx.next(sequence, next - now)
}

export function adopting<O extends { id: number }, T extends Table, R>(ctx: Context, kind: Kind<O, T, R>) {
  async function judge(tx: Reads, { items }: Asked<O>) {
    const valid = items.filter((o) => check.validId(o.id))
    const rows = await tx.select(kind.table, { in: { column: kind.key, values: valid.map((o) => o.id) } })
    const known = new Map(rows.map((r) => [(r as unknown as Record<string, number>)[kind.key], r as unknown as NewRow<T>]))
    const around = await kind.read(tx, valid)
    const added: { old: O; row: NewRow<T> }[] = []
    const renewed: NewRow<T>[] = []
    const results = items.map((o): Adoption => {
      try {
        if (!check.validId(o.id)) return refused(`its id ${o.id} is not one from 1 to 2147483647`)
        const before = known.get(o.id)
        if (!before) {
          const { row, why = '' } = kind.make(o, around)
          added.push({ old: o, row })
          known.set(o.id, row)
          return { outcome: 'moved', why }
        }
        const newer = kind.renew?.(o, before, around)
        if (!newer) return kind.compare(o, before, around)
        renewed.push(newer)
        return { outcome: 'moved', why: '' }
      } catch (e) {
        if (!isPandoError(e) || e.retry || e.code === 'store_damaged') throw e
        return refused(e.message)
      }
    })
    return { results, added, renewed }
  }

  return async (asked: Asked<O>): Promise<{ items: Adoption[] }> => {
    if (asked.check) return { items: (await judge(ctx.store, asked)).results }
    return change(ctx, async (tx) => {
      const { results, added, renewed } = await judge(tx, asked)
      if (kind.sequence) {
        const ids = asked.items.filter((_, i) => results[i]!.outcome !== 'refused').map((o) => o.id + 1)
        await reserve(tx, kind.sequence, Math.max(1, asked.next ?? 1, ...ids))
      }
      await kind.insert(tx, added)
      await tx.update(kind.table, renewed)
      const moved = added.length + renewed.length
      const deed = { action: `${kind.name}.adopt`, object: kind.name, after: { moved } }
      if (moved > 0) await ctx.audit.append(tx, asked.audit, deed)
      const bells = added.map(({ old }): RegistryBell => ({ what: kind.bell, id: old.id, change: 'added' }))
      return { result: { items: results }, bells }
    })
  }
}
