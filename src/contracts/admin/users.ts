import { type Static, Type } from 'typebox'
import { Permission, Role } from '../registry/permissions.ts'
import { byId, exactly, Id, listOf, Name, page, Revision, Scope, Text, Time } from './common.ts'
import { route } from './route.ts'

export const User = exactly(
  {
    id: Id,
    name: Text,
    role: Role,
    scope: Text,
    must_change: Type.Boolean(),
    disabled: Type.Boolean({ description: 'may not sign in; their tokens are good for nothing meanwhile' }),
    last_seen: Time,
    revision: Revision,
    created_at: Time,
    updated_at: Time,
  },
  { title: 'User' },
)
export type User = Static<typeof User>

const tag = 'people'
const Password = Type.String({ minLength: 12, maxLength: 256 })

export const userRoutes = {
  'GET /users': route({
    id: 'listUsers',
    tag,
    summary: 'People, by id',
    query: exactly(page),
    answer: listOf(User),
    can: 'users.read',
    everything: true,
  }),
  'POST /users': route({
    id: 'addUser',
    tag,
    summary: 'Add somebody; the password must be changed at the first sign-in',
    body: exactly({ name: Name, password: Password, role: Role, scope: Type.Optional(Scope) }),
    answer: User,
    status: 201,
    can: 'users.write',
    everything: true,
    audit: 'user.add',
    revision: true,
    idempotent: true,
    errors: ['conflict'],
  }),
  'GET /users/{id}': route({
    id: 'getUser',
    tag,
    summary: 'One person',
    params: byId,
    answer: User,
    can: 'users.read',
    everything: true,
    revision: true,
    errors: ['not_found'],
  }),
  'PATCH /users/{id}': route({
    id: 'editUser',
    tag,
    summary: 'Change name, role or scope, set a new password, disable or enable',
    description:
      'A new role, scope or password ends the sessions of the person, and so does disabling. A password set here must be changed at the next sign-in.',
    params: byId,
    body: exactly({
      name: Type.Optional(Name),
      role: Type.Optional(Role),
      scope: Type.Optional(Scope),
      password: Type.Optional(Password),
      disabled: Type.Optional(Type.Boolean()),
    }),
    answer: User,
    can: 'users.write',
    everything: true,
    audit: 'user.edit',
    revision: true,
    errors: ['not_found', 'conflict'],
  }),
  'DELETE /users/{id}': route({
    id: 'removeUser',
    tag,
    summary: 'Remove a person with sessions and tokens; not the last administrator',
    params: byId,
    can: 'users.write',
    everything: true,
    audit: 'user.remove',
    revision: true,
    errors: ['not_found', 'conflict'],
  }),
  'GET /roles': route({
    id: 'listRoles',
    tag,
    summary: 'Roles and what each may do',
    answer: listOf(exactly({ role: Role, can: Type.Array(Permission) })),
    can: 'anybody',
  }),
}
