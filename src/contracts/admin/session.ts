import { type Static, Type } from 'typebox'
import { Permission, Role } from '../registry/permissions.ts'
import { byId, exactly, Id, listOf, Name, Text, Time } from './common.ts'
import { route } from './route.ts'

const Locale = Type.String({ maxLength: 35, description: 'BCP 47; empty: as the browser says' })
const Zone = Type.String({ maxLength: 64, description: 'IANA time zone; empty: as the browser says' })

/** Whoever has signed in. */
export const Me = exactly(
  {
    id: Id,
    name: Text,
    role: Role,
    scope: Text,
    locale: Text,
    zone: Text,
    must_change: Type.Boolean({ description: 'the password was made by somebody else: nothing but a new one is allowed' }),
    revision: Type.Integer(),
  },
  { title: 'Me' },
)
export type Me = Static<typeof Me>

export const Session = exactly(
  {
    user: Me,
    role: Role,
    can: Type.Array(Permission),
    scope: Text,
    csrf: Type.String({ description: 'goes into X-CSRF-Token of every write; empty for a bearer token, which needs none' }),
    locale: Text,
    zone: Text,
    expires_at: Time,
    first_start: Type.Boolean({ description: 'nothing is here yet: show how to begin' }),
  },
  { title: 'Session' },
)
export type Session = Static<typeof Session>

export const OwnSession = exactly({
  id: Id,
  current: Type.Boolean(),
  addr: Text,
  user_agent: Text,
  created_at: Time,
  last_seen: Time,
  expires_at: Time,
})

const Password = Type.String({ minLength: 12, maxLength: 256 })
const tag = 'session'

export const sessionRoutes = {
  'GET /session': route({
    id: 'getSession',
    tag,
    summary: 'Who am I, and what may I do',
    answer: Session,
    can: 'anybody',
  }),
  'POST /session': route({
    id: 'signIn',
    tag,
    summary: 'Sign in; the session is a cookie',
    description: '401 has `params {left}`: tries that are left; 429 `params {retryAt}`.',
    body: exactly({ name: Type.String({ maxLength: 128 }), password: Type.String({ maxLength: 256 }) }),
    answer: Session,
    can: 'nobody',
    audit: 'session.open',
    errors: ['unauthenticated', 'rate_limited'],
  }),
  'DELETE /session': route({
    id: 'signOut',
    tag,
    summary: 'Sign out: this session ends',
    can: 'anybody',
    audit: 'session.revoke',
  }),
  'PATCH /me': route({
    id: 'editMe',
    tag,
    summary: 'Change my password, language or time zone',
    description: 'A new password ends all my other sessions.',
    body: exactly({
      password: Type.Optional(Password),
      current_password: Type.Optional(Type.String({ maxLength: 256, description: 'needed for a new password' })),
      locale: Type.Optional(Locale),
      zone: Type.Optional(Zone),
      name: Type.Optional(Name),
    }),
    answer: Me,
    can: 'anybody',
    audit: 'user.edit',
    errors: ['unauthenticated', 'rate_limited', 'conflict'],
  }),
  'GET /me/sessions': route({
    id: 'listMySessions',
    tag,
    summary: 'Where I am signed in',
    answer: listOf(OwnSession),
    can: 'anybody',
  }),
  'DELETE /me/sessions': route({
    id: 'endMyOtherSessions',
    tag,
    summary: 'Sign out everywhere but here',
    answer: exactly({ ended: Type.Integer() }),
    can: 'anybody',
    audit: 'session.revoke_all',
  }),
  'DELETE /me/sessions/{id}': route({
    id: 'endMySession',
    tag,
    summary: 'End one of my sessions',
    params: byId,
    can: 'anybody',
    audit: 'session.revoke',
    errors: ['not_found'],
  }),
}
