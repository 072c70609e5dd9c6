/** Saved views. */
import type { SavedView } from '#contracts/registry.ts'
import type { NewRow, Reads, SavedViewRow } from '#core/registrystore/port.ts'
import { PandoError } from '#lib/errors.ts'
import * as check from '../checks.ts'
import { type Context, TENANT } from '../context.ts'
import { type Asked, added, edit, edited, expectRevision, removed, revised } from '../edit.ts'
import { type Page, page } from '../page.ts'

interface Content {
  name: string
  filter: string
  sort?: string
  columns?: string[]
}

const MAX_FILTER = 4000
const MAX_COLUMNS = 4000

const viewOf = (r: NewRow<'saved_view'>): SavedView => ({
  id: r.id,
  name: r.name,
  filter: r.filter,
  sort: r.sort,
  columns: JSON.parse(r.shown),
  createdBy: r.created_by,
  revision: r.revision,
  createdAt: r.created_at,
  updatedAt: r.updated_at,
})

async function viewRow(tx: Reads, id: number): Promise<SavedViewRow> {
  const [row] = check.validId(id) ? await tx.select('saved_view', { where: { id } }) : []
  if (!row) throw new PandoError('not_found', `there is no view ${id}`, { id })
  return row
}

const contentOf = (v: Partial<Content>): Partial<NewRow<'saved_view'>> => ({
  ...(v.name !== undefined && { name: check.name('name', v.name) }),
  ...(v.filter !== undefined && { filter: check.text('filter', v.filter, MAX_FILTER) }),
  ...(v.sort !== undefined && { sort: check.text('sort', v.sort, MAX_FILTER) }),
  ...(v.columns !== undefined && { shown: check.text('columns', JSON.stringify(v.columns), MAX_COLUMNS) }),
})

const bell = (id: number, change: 'added' | 'changed' | 'removed') => ({ what: 'view', id, change }) as const

export const makeViews = (ctx: Context) => ({
  list: async (p: Page): Promise<SavedView[]> => (await ctx.store.select('saved_view', page(p))).map(viewOf),

  add: (v: Content & Asked): Promise<SavedView> =>
    edit(ctx, v, async (tx) => {
      const at = ctx.clock.now()
      const made = { created_by: check.actor(v.audit), revision: 1, created_at: at, updated_at: at }
      const empty = { id: await tx.next('saved_view', 1), tenant_id: TENANT, name: '', filter: '', sort: '', shown: '[]' }
      const row = { ...empty, ...made, ...contentOf(v) }
      await tx.insert('saved_view', [row])
      const result = viewOf(row)
      return { result, bell: bell(row.id, 'added'), deed: added('view', result) }
    }),

  edit: (v: { id: number } & Partial<Content> & Asked): Promise<SavedView> =>
    edit(ctx, v, async (tx) => {
      const before = await viewRow(tx, v.id)
      expectRevision(before, v)
      const row = { ...revised(ctx, before), ...contentOf(v) }
      await tx.update('saved_view', [row])
      const result = viewOf(row)
      return { result, bell: bell(v.id, 'changed'), deed: edited('view', viewOf(before), result) }
    }),

  remove: (v: { id: number } & Asked): Promise<void> =>
    edit(ctx, v, async (tx) => {
      const row = await viewRow(tx, v.id)
      expectRevision(row, v)
      await tx.remove('saved_view', 'id', [v.id])
      return { result: undefined, bell: bell(v.id, 'removed'), deed: removed('view', viewOf(row)) }
    }),
})
