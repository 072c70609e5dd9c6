/** pando token: what programs sign in to the management API with. */
import { type ApiToken, permissions, rolePermissions } from '#contracts/registry.ts'
import { oneOf } from '#lib/settings.ts'
import { lengthOf, momentOf } from '#lib/times.ts'
import { type Command, command, jsonArg } from '../command.ts'
import { idKind } from '../pdcfg/fields.ts'
import { allUsers, byOperator, userNamed, withPeople } from '../people.ts'
import { table } from '../table.ts'
import { flagValue, wordValue } from '../usage.ts'

const PAGE = 1000
const time = (ms: number): string => (ms === 0 ? 'never' : new Date(ms).toISOString())

const expiry = (now: number) => ({
  allowed: 'never, how long from now (90d), or a time (ISO 8601)',
  parse(text: string): number {
    if (text === 'never') return 0
    const length = lengthOf(text)
    const at = length === undefined ? momentOf(text) : now + length
    if (at === undefined) throw new RangeError()
    return at
  },
})

const create: Command = command({
  name: 'pando token create',
  summary: 'Make a token for a program. Its text is shown this once; it may never do or see more than the person it belongs to.',
  examples: [
    'pando token create grafana --can devices.read,system.read --expires 365d',
    'pando token create ci --user alice --scope product/7 > token',
  ],
  args: {
    name: { type: 'positional', required: true, description: 'What it is for' },
    user: { type: 'string', description: 'Whose it is; admin unless told' },
    can: {
      type: 'string',
      description: `What it may do, by commas; all that the person may unless told: ${permissions.join(', ')}`,
    },
    scope: { type: 'string', description: "What it sees: *, vendor/<id> or product/<id>; the person's unless told" },
    expires: { type: 'string', description: 'When it ends: 90d (unless told), 2030-01-31, never' },
    ...jsonArg,
  },
  run: (args, { env, out, err }) => {
    const expiresAt = flagValue(create.name, 'expires', expiry(Date.now()), args.expires ?? '90d')
    const can = args.can?.split(',').map((c) => flagValue(create.name, 'can', oneOf(...permissions), c.trim()))
    return withPeople(env, async ({ registry }) => {
      const user = await userNamed(registry, args.user ?? 'admin')
      const { token, text } = await registry.addApiToken({
        userId: user.id,
        name: args.name,
        can: can ?? [...rolePermissions[user.role]],
        ...(args.scope !== undefined && { scope: args.scope }),
        expiresAt,
        audit: byOperator(),
      })
      if (args.json) return void out.write(`${JSON.stringify({ ...token, token: text })}\n`)
      out.write(`${text}\n`)
      const until = token.expiresAt === 0 ? 'until it is revoked' : `until ${time(token.expiresAt)}`
      err.write(`Token ${token.id} of ${user.name}, good ${until}. It is shown this once: Authorization: Bearer <token>\n`)
    })
  },
})

const list = command({
  name: 'pando token list',
  summary: 'List the tokens, without their texts: whose, what for, when they end and were last used.',
  examples: ['pando token list', 'pando token list --user alice --json'],
  args: { user: { type: 'string', description: 'Only those of this person' }, ...jsonArg },
  run: (args, { env, out }) =>
    withPeople(env, async ({ registry }) => {
      const users = await allUsers(registry)
      const owner = args.user === undefined ? {} : { userId: (await userNamed(registry, args.user)).id }
      const items: ApiToken[] = []
      for (let more = true; more; ) {
        const page = await registry.apiTokens({ ...owner, after: items.at(-1)?.id ?? 0, limit: PAGE })
        items.push(...page.items)
        more = page.items.length === PAGE
      }
      if (args.json) return void out.write(`${JSON.stringify({ items })}\n`)
      const names = new Map(users.map((u) => [u.id, u.name]))
      const rows = items.map((t) => ({
        ...t,
        user: names.get(t.userId),
        can: `${t.can.length} of ${permissions.length}`,
        expires: time(t.expiresAt),
        used: time(t.lastUsed),
      }))
      out.write(
        items.length === 0 ? 'There are no tokens.\n' : table(['id', 'name', 'user', 'scope', 'can', 'expires', 'used'], rows),
      )
    }),
})

const revoke: Command = command({
  name: 'pando token revoke',
  summary: 'End a token at once.',
  examples: ['pando token revoke 3'],
  args: { id: { type: 'positional', required: true, description: 'Its number; `pando token list` prints them' }, ...jsonArg },
  run: (args, { env, out }) => {
    const id = wordValue(revoke.name, 'id', idKind, args.id)
    return withPeople(env, async ({ registry }) => {
      await registry.revokeApiToken({ id, audit: byOperator() })
      out.write(args.json ? `${JSON.stringify({ id, revoked: true })}\n` : `Token ${id} is revoked.\n`)
    })
  },
})

export const token: Command = command({
  name: 'pando token',
  summary: 'Tokens of the management API, for programs: create, list, revoke; beside a running cloud or without one.',
  examples: ['pando token create grafana --can devices.read', 'pando token list'],
  commands: { create: () => create, list: () => list, revoke: () => revoke },
})
