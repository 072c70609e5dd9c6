import type { SavedView as Told, viewRoutes } from '#contracts/admin/views.ts'
import type { SavedView } from '#contracts/registry.ts'
import type { Handlers, Parts } from './call.ts'
import { paged, pageOf } from './page.ts'
import { revisionOf } from './revision.ts'
import { unknown } from './scope.ts'

const told = (v: SavedView): Told => ({
  id: v.id,
  name: v.name,
  filter: v.filter,
  sort: v.sort,
  columns: v.columns,
  created_by: v.createdBy,
  revision: v.revision,
  created_at: v.createdAt,
  updated_at: v.updatedAt,
})

type Saved = Pick<
  Handlers<typeof viewRoutes>,
  'GET /saved-views' | 'POST /saved-views' | 'GET /saved-views/{id}' | 'PATCH /saved-views/{id}' | 'DELETE /saved-views/{id}'
>

/** A view is a text: what it finds depends on who uses it, so everybody sees all of them. */
export function savedViews({ peers: { registry } }: Parts): Saved {
  const one = async (id: number): Promise<SavedView> => {
    const { items } = await registry.savedViews({ after: id - 1, limit: 1 })
    if (items[0]?.id !== id) throw unknown('not_found')
    return items[0]
  }
  return {
    'GET /saved-views': async ({ query }) => paged((await registry.savedViews(pageOf(query))).items, query, told),
    'POST /saved-views': async ({ body, by }) => told(await registry.addSavedView({ ...body, audit: by })),
    'GET /saved-views/{id}': async ({ params }) => told(await one(params.id)),
    'PATCH /saved-views/{id}': async (c) =>
      told(await registry.editSavedView({ id: c.params.id, ...c.body, ...revisionOf(c), audit: c.by })),
    'DELETE /saved-views/{id}': async (c) => {
      await registry.removeSavedView({ id: c.params.id, ...revisionOf(c), audit: c.by })
      return undefined
    },
  }
}
