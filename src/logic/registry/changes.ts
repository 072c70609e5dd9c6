/**
 * Changes made known: written in the same transaction as the change itself, so that every process that has this store open hears of
 * it; rung on the queue after the commit. What another process changed is dropped from the caches and rung here too.
 */
import type { Queue, RegistryBell } from '#core/queue/port.ts'
import type { RegistryChangeRow, Registrystore, Transaction } from '#core/registrystore/port.ts'
import { TENANT } from './tenant.ts'

/** Reads look for other processes' changes at most this often, so a change made elsewhere is seen this late at most. */
const LOOK_EVERY = 20
/** Messages of devices wait for such a look no longer than this. */
const LOOK_WITHIN = 250
const KEEP = 4096
const PRUNE_EVERY = 256

interface Options {
  store: Registrystore
  queue: Pick<Queue, 'ring'>
  /** this process */
  origin: string
  now: () => number
  /** forgets what is cached about it; everything when undefined */
  drop: (bell: RegistryBell | undefined) => void
}

export function makeChanges({ store, queue, origin, now, drop }: Options) {
  let last = 0
  let lookedAt = 0
  let looking: Promise<void> | undefined

  const tell = (bell: RegistryBell): void => {
    drop(bell)
    queue.ring('registry', bell)
  }
  const take = (rows: RegistryChangeRow[]): void => {
    for (const row of rows) {
      if (row.id > last + 1) drop(undefined)
      last = Math.max(last, row.id)
      const bell = { what: row.what, id: row.what_id, change: row.change } as RegistryBell
      if (row.origin !== origin) tell(bell)
    }
  }
  const look = async (): Promise<void> => {
    for (;;) {
      const rows = await store.changes(last)
      if (rows.length === 0) return
      take(rows)
    }
  }
  /** Drops what other processes have changed. Cheap when nothing was. */
  const refresh = async (): Promise<void> => {
    if (looking !== undefined) return looking
    if (!store.changedElsewhere()) return
    looking = look().finally(() => {
      looking = undefined
    })
    return looking
  }

  /** Called before reads; undefined when there is nothing to wait for. */
  const fresh = (): Promise<void> | undefined => {
    const t = performance.now()
    if (looking !== undefined) return looking
    if (t - lookedAt < LOOK_EVERY) return undefined
    lookedAt = t
    return refresh()
  }

  return {
    /** Begins after all that was changed before this process. */
    async start(): Promise<void> {
      const rows = await store.select('sequence', { where: { name: 'registry_change' } })
      last = (rows[0]?.next ?? 1) - 1
      store.changedElsewhere()
    },
    /** Part of the transaction that makes the change. */
    async record(tx: Transaction, bells: readonly RegistryBell[]): Promise<void> {
      if (bells.length === 0) return
      const first = await tx.next('registry_change', bells.length)
      const row = { tenant_id: TENANT, origin, at: now() }
      await tx.insert(
        'registry_change',
        bells.map((b, i) => ({ ...row, id: first + i, what: b.what, what_id: b.id, change: b.change })),
      )
      if (Math.floor((first - 1) / PRUNE_EVERY) === Math.floor((first + bells.length - 1) / PRUNE_EVERY)) return
      const oldest = await tx.select('registry_change', { limit: PRUNE_EVERY + bells.length })
      const gone = oldest.map((r) => r.id).filter((id) => id < first - KEEP)
      if (gone.length > 0) await tx.remove('registry_change', 'id', gone)
    },
    /** After the commit. */
    publish(bells: readonly RegistryBell[]): void {
      for (const bell of bells) tell(bell)
    },
    refresh,
    fresh,
    /** As `fresh`, for reads that go on with what is known while the store does not answer: nothing can be changed then either. */
    freshIfThere(): Promise<void> | undefined {
      const look = store.health().state === 'down' ? undefined : fresh()
      return (
        look &&
        soonest(
          look.catch(() => undefined),
          LOOK_WITHIN,
        )
      )
    },
  }
}

/** Resolves with `work`, or after `ms`. */
function soonest(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

export type Changes = ReturnType<typeof makeChanges>

interface Done<R> {
  result: R
  bell?: RegistryBell
  bells?: readonly RegistryBell[]
}

/** A change in one transaction, made known. */
export async function change<R>(
  { store, changes }: { store: Registrystore; changes: Changes },
  work: (tx: Transaction) => Promise<Done<R>>,
): Promise<R> {
  const done = await store.transaction(async (tx) => {
    const { result, bell, bells = [] } = await work(tx)
    const all = bell ? [bell, ...bells] : bells
    await changes.record(tx, all)
    return { result, bells: all }
  })
  changes.publish(done.bells)
  return done.result
}
