import type { AlertFinding, StoredAlert } from '#contracts/registry.ts'
import type { AlertRow, NewRow, Transaction } from '#core/registrystore/port.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { type Context, TENANT } from './context.ts'
import { type Asked, edit } from './edit.ts'

type Row = NewRow<'alert'>

/** So many that are over are kept. */
const KEPT = 200
const MAX_PARAMS = 16_000

const slotOf = ({ code, object }: Pick<AlertFinding, 'code' | 'object'>): string => `${code} ${object}`
const isGoing = (r: Row): boolean => r.cleared_at === 0

export const makeAlerts = (ctx: Context) => {
  const { store, clock } = ctx

  async function list(): Promise<StoredAlert[]> {
    const rows = await store.select('alert', {})
    return rows.sort((a, b) => b.id - a.id).map(shown)
  }

  /** Whether `found` and `isOver` change anything. */
  function isNews(rows: readonly AlertRow[], found: readonly AlertFinding[], isOver: ReadonlySet<string>): boolean {
    const going = new Map(rows.filter(isGoing).map((r) => [r.slot, r]))
    if (found.some((f) => !isSame(going.get(slotOf(f)), f))) return true
    return [...going.keys()].some((slot) => isOver.has(slot))
  }

  async function see(tx: Transaction, found: readonly AlertFinding[], isOver: ReadonlySet<string>): Promise<void> {
    const rows: Row[] = (await tx.select('alert', {})).map(({ crc: _, ...row }) => row)
    const going = new Map(rows.filter(isGoing).map((r) => [r.slot, r]))
    const over = [...going.values()].filter((r) => isOver.has(r.slot)).map((r) => ended(r, clock.now()))
    const changed = found.flatMap((f) => {
      const row = going.get(slotOf(f))
      return row && !isSame(row, f) ? { ...row, severity: f.severity, params: f.params } : []
    })
    await tx.update('alert', [...over, ...changed])
    const opened = found.filter((f) => !going.has(slotOf(f)))
    if (opened.length > 0) {
      const first = await tx.next('alert', opened.length)
      await tx.insert(
        'alert',
        opened.map((f, i) => opening(first + i, f)),
      )
    }
    const old = [...rows.filter((r) => !isGoing(r)), ...over].sort((a, b) => b.cleared_at - a.cleared_at).slice(KEPT)
    if (old.length > 0)
      await tx.remove(
        'alert',
        'id',
        old.map((r) => r.id),
      )
  }

  /** A change of one that is going, by somebody. */
  const changing = (id: number, asked: Asked, action: string, to: (row: Row) => Row): Promise<StoredAlert> =>
    edit(ctx, asked, async (tx) => {
      const [found] = await tx.select('alert', { where: { id } })
      if (!found || !isGoing(found)) throw new PandoError('not_found', `no alert ${id} is going`, { id })
      const { crc: _, ...row } = found
      const after = to(row)
      await tx.update('alert', [after])
      const { code, object } = row
      const deed = { action, object, after: { code, params: JSON.parse(row.params) as unknown } }
      return { result: shown(after), bell: { what: 'alert', id, change: 'changed' } as const, deed }
    })

  return {
    list,
    async see({ found, isOver }: { found: readonly AlertFinding[]; isOver: readonly string[] }): Promise<StoredAlert[]> {
      const over = new Set(isOver)
      const asked = found.map((f) => ({ ...f, params: f.params.length > MAX_PARAMS ? '{}' : f.params }))
      if (!isNews(await store.select('alert', {}), asked, over)) return list()
      try {
        await edit(ctx, {}, async (tx) => {
          await see(tx, asked, over)
          return { result: undefined, bell: { what: 'alert', id: 0, change: 'changed' } as const }
        })
      } catch (e) {
        // another process has seen the same at the same time
        if (!isPandoError(e, 'conflict')) throw e
      }
      return list()
    },
    acknowledge: ({ id, name, ...asked }: { id: number; name: string } & Asked) =>
      changing(id, asked, 'alert.acknowledge', (row) => ({ ...row, state: 'acknowledged', acknowledged_by: name.slice(0, 200) })),
    clear: ({ id, ...asked }: { id: number } & Asked) => changing(id, asked, 'alert.clear', (row) => ended(row, clock.now())),
  }
}

const isSame = (row: Row | undefined, f: AlertFinding): boolean => row?.severity === f.severity && row.params === f.params

const ended = (row: Row, at: number): Row => ({ ...row, slot: `${row.slot} ${row.id}`, state: 'cleared', cleared_at: at })

const opening = (id: number, f: AlertFinding): Row => ({
  id,
  tenant_id: TENANT,
  slot: slotOf(f),
  ...f,
  state: 'open',
  acknowledged_by: '',
  cleared_at: 0,
})

const shown = (r: Row): StoredAlert => ({
  id: r.id,
  code: r.code,
  object: r.object,
  severity: r.severity,
  params: r.params,
  since: r.since,
  state: r.state as StoredAlert['state'],
  acknowledgedBy: r.acknowledged_by,
  clearedAt: r.cleared_at,
})
