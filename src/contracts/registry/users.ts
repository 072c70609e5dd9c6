/** People, their sessions and their API tokens. */
import { type Static, Type } from 'typebox'
import { method } from '../contract.ts'
import { byWhom, guarded, Id, list, None, Page, Revision, Text, Time } from './common.ts'
import { Permission, Role } from './permissions.ts'

/** Names of people are compared without case and in one form of Unicode. */
export const foldedName = (name: string): string => name.trim().normalize('NFKC').toLowerCase()

export const User = Type.Object({
  id: Id,
  name: Text,
  role: Role,
  /** `*`, `vendor/<decimal id>`, `product/<decimal id>`: what of the installation they see */
  scope: Text,
  locale: Type.String({ description: 'BCP 47; empty: as the browser says' }),
  zone: Type.String({ description: 'IANA time zone; empty: as the browser says' }),
  /** the password was made or set by somebody else: nothing but a new password is allowed */
  mustChange: Type.Boolean(),
  /** may not sign in, and tokens are good for nothing, until somebody enables them again */
  disabled: Type.Boolean(),
  lastSeen: Time,
  revision: Revision,
  createdAt: Time,
  updatedAt: Time,
})
export type User = Static<typeof User>

/** Who is calling, and what they may do. */
export const Principal = Type.Object({
  /** `user/1` or `token/3`: goes into the audit log and idempotency keys */
  actor: Text,
  actorName: Text,
  userId: Id,
  tokenId: Type.Optional(Id),
  sessionId: Type.Optional(Id),
  role: Role,
  can: Type.Array(Permission),
  scope: Text,
  mustChange: Type.Boolean(),
  expiresAt: Time,
})
export type Principal = Static<typeof Principal>

export const Session = Type.Object({
  id: Id,
  userId: Id,
  addr: Text,
  userAgent: Text,
  createdAt: Time,
  lastSeen: Time,
  /** whichever is first: 12 h after it was last seen, 30 days after it was made */
  expiresAt: Time,
})
export type Session = Static<typeof Session>

export const ApiToken = Type.Object({
  id: Id,
  userId: Id,
  name: Text,
  can: Type.Array(Permission),
  scope: Text,
  createdAt: Time,
  /** 0: does not end by itself */
  expiresAt: Time,
  /** to the minute */
  lastUsed: Time,
})
export type ApiToken = Static<typeof ApiToken>

const Open = Type.Object({
  /** of the cookie: 43 characters; shown here only */
  token: Text,
  csrf: Text,
  user: User,
  session: Session,
  principal: Principal,
})

export const userMethods = {
  users: method(Page, list(User), { retry: true }),
  /** `password`: at least 12 characters, at most 256; else `invalid`. `conflict` when the name is taken (in any case). */
  addUser: method(
    Type.Object({
      name: Text,
      password: Text,
      role: Role,
      scope: Type.Optional(Text),
      locale: Type.Optional(Text),
      zone: Type.Optional(Text),
      mustChange: Type.Optional(Type.Boolean()),
      ...byWhom,
    }),
    User,
  ),
  /** A new role or scope ends the user's sessions, `disabled` too. `conflict` when no administrator for everything would be left. */
  editUser: method(
    Type.Object({
      id: Id,
      name: Type.Optional(Text),
      role: Type.Optional(Role),
      scope: Type.Optional(Text),
      locale: Type.Optional(Text),
      zone: Type.Optional(Text),
      disabled: Type.Optional(Type.Boolean()),
      ...guarded,
    }),
    User,
  ),
  /** With sessions and tokens. `conflict` for the last administrator. */
  removeUser: method(Type.Object({ id: Id, ...guarded }), None),
  /**
   * `current`: the person's own change, checked (`unauthenticated`, limited as signing in is). Without it: somebody else set it, so it
   * must be changed at the next sign-in unless `mustChange` is false. All sessions of the user end, but `keepSession`.
   */
  setPassword: method(
    Type.Object({
      userId: Id,
      password: Text,
      current: Type.Optional(Text),
      keepSession: Type.Optional(Id),
      mustChange: Type.Optional(Type.Boolean()),
      ...byWhom,
    }),
    User,
    { deadline: 15_000 },
  ),

  /**
   * `unauthenticated` with `params {left}` tries; `rate_limited` with `params {left: 0, retryAt}` (ms since 1970) while it is locked, whether
   * or not the name exists. Costs the same for a name that there is none of. Ends `replaces` (the session token that came along).
   */
  signIn: method(
    Type.Object({
      name: Text,
      password: Text,
      addr: Text,
      userAgent: Type.Optional(Text),
      replaces: Type.Optional(Text),
      requestId: Type.Optional(Text),
    }),
    Open,
    { deadline: 15_000 },
  ),
  /** For each request with a cookie: cheap. `unauthenticated` when it is unknown, over, or revoked. Keeps it from idling. */
  checkSession: method(
    Type.Object({ token: Text }),
    Type.Object({ csrf: Text, user: User, session: Session, principal: Principal }),
    { retry: true },
  ),
  sessions: method(Type.Object({ userId: Id }), list(Session), { retry: true }),
  /** Of this user; `not_found` otherwise. */
  revokeSession: method(Type.Object({ userId: Id, id: Id, ...byWhom }), None),
  /** All of the user, but one. */
  revokeSessions: method(Type.Object({ userId: Id, keep: Type.Optional(Id), ...byWhom }), Type.Object({ ended: Type.Integer() })),

  /** Of one user, or all. */
  apiTokens: method(Type.Object({ ...Page.properties, userId: Type.Optional(Id) }), list(ApiToken), { retry: true }),
  /** `text` is shown once. `forbidden` when it would be allowed more than its user. */
  addApiToken: method(
    Type.Object({
      userId: Id,
      name: Text,
      can: Type.Array(Permission),
      scope: Type.Optional(Text),
      /** 0: never */
      expiresAt: Time,
      ...byWhom,
    }),
    Type.Object({ token: ApiToken, text: Text }),
  ),
  revokeApiToken: method(Type.Object({ id: Id, ...byWhom }), None),
  /** For each request with a bearer token: cheap. `unauthenticated`. What its user may no longer do, it may not either. */
  checkApiToken: method(Type.Object({ token: Text }), Principal, { retry: true }),
}
