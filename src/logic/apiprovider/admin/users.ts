import type { User as Told, userRoutes } from '#contracts/admin/users.ts'
import { rolePermissions, roles, type User } from '#contracts/registry.ts'
import type { Handlers, Parts } from './call.ts'
import { paged, pageOf } from './page.ts'
import { unknown } from './scope.ts'

const told = (u: User): Told => ({
  id: u.id,
  name: u.name,
  role: u.role,
  scope: u.scope,
  must_change: u.mustChange,
  disabled: u.disabled,
  last_seen: u.lastSeen,
  revision: u.revision,
  created_at: u.createdAt,
  updated_at: u.updatedAt,
})

export function users({ peers }: Parts): Handlers<typeof userRoutes> {
  const one = async (id: number): Promise<User> => {
    const { items } = await peers.registry.users({ after: id - 1, limit: 1 })
    if (items[0]?.id !== id) throw unknown('not_found')
    return items[0]
  }
  return {
    'GET /users': async ({ query }) => paged((await peers.registry.users(pageOf(query))).items, query, told),
    'POST /users': async ({ body, by }) => told(await peers.registry.addUser({ ...body, audit: by })),
    'GET /users/{id}': async ({ params }) => told(await one(params.id)),
    'PATCH /users/{id}': async ({ params, body, by, ifRevision }) => {
      const { password, ...rest } = body
      const revision = ifRevision !== undefined && { ifRevision }
      const edited = await peers.registry.editUser({ id: params.id, ...rest, ...revision, audit: by })
      if (password === undefined) return told(edited)
      return told(await peers.registry.setPassword({ userId: params.id, password, audit: by }))
    },
    'DELETE /users/{id}': async ({ params, by, ifRevision }) => {
      await peers.registry.removeUser({ id: params.id, audit: by, ...(ifRevision !== undefined && { ifRevision }) })
      return undefined
    },
    'GET /roles': async () => ({ items: roles.map((role) => ({ role, can: [...rolePermissions[role]] })) }),
  }
}
