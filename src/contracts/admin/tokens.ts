import { type Static, Type } from 'typebox'
import { Permission } from '../registry/permissions.ts'
import { byId, exactly, Id, listOf, Name, page, Scope, Text, Time } from './common.ts'
import { route } from './route.ts'

export const Token = exactly(
  {
    id: Id,
    user: Id,
    name: Text,
    can: Type.Array(Permission),
    scope: Text,
    created_at: Time,
    expires_at: Time,
    last_used: Time,
  },
  { title: 'Token' },
)
export type Token = Static<typeof Token>

const tag = 'tokens'

export const tokenRoutes = {
  'GET /tokens': route({
    id: 'listTokens',
    tag,
    summary: 'My API tokens; all of them for whoever manages people',
    query: exactly(page),
    answer: listOf(Token),
    can: 'tokens.write',
  }),
  'POST /tokens': route({
    id: 'addToken',
    tag,
    summary: 'Make an API token of mine',
    description: '`text` is shown here only. It can be allowed no more than its owner may.',
    body: exactly({
      name: Name,
      can: Type.Array(Permission, { maxItems: 64 }),
      scope: Type.Optional(Scope),
      expires_at: Type.Integer({ minimum: 0, description: 'ms since 1970; 0: does not end by itself' }),
    }),
    answer: exactly({ token: Token, text: Type.String({ description: 'the token itself: `Authorization: Bearer …`' }) }),
    status: 201,
    can: 'tokens.write',
    audit: 'token.add',
    idempotent: true,
    errors: ['forbidden'],
  }),
  'DELETE /tokens/{id}': route({
    id: 'revokeToken',
    tag,
    summary: 'Revoke a token: it dies at once',
    params: byId,
    can: 'tokens.write',
    audit: 'token.remove',
    errors: ['not_found'],
  }),
}
