/** pando user: the people who look after the cloud. */
import { roles } from '#contracts/registry.ts'
import { oneOf } from '#lib/settings.ts'
import { type Command, command, jsonArg } from '../command.ts'
import { allUsers, byOperator, userNamed, withPeople } from '../people.ts'
import { table } from '../table.ts'
import { flagValue } from '../usage.ts'
import { newPassword, passwordArg } from './password.ts'

const MUST = 'must-change'
const mustArg = { [MUST]: { type: 'boolean', description: 'It must be replaced at the next sign-in' } } as const

const setPassword: Command = command({
  name: 'pando user password',
  summary: 'Set the password of a person, who may have forgotten it. All their sessions end; their tokens stay.',
  examples: ['pando user password', 'pando user password alice --must-change', 'pando user password --password-stdin < password'],
  args: {
    name: { type: 'positional', required: false, default: 'admin', description: 'Who; the first administrator unless told' },
    ...passwordArg,
    ...mustArg,
    ...jsonArg,
  },
  run: (args, context) =>
    withPeople(context.env, async ({ registry }) => {
      const { id, name } = await userNamed(registry, args.name)
      const password = await newPassword(setPassword.name, name, args['password-stdin'], context)
      const user = await registry.setPassword({ userId: id, password, mustChange: args[MUST] === true, audit: byOperator() })
      const text = `${name} has a new password; all sessions of ${name} are over.\n`
      context.out.write(args.json ? `${JSON.stringify(user)}\n` : text)
    }),
})

const add: Command = command({
  name: 'pando user add',
  summary: `Add a person: ${roles.join(', ')}, for everything or within a scope. The password must be replaced at the first sign-in.`,
  examples: [
    'pando user add alice --role Operator',
    'pando user add bob --role Developer --scope product/7 --password-stdin --json < password',
  ],
  args: {
    name: { type: 'positional', required: true, description: 'The name to sign in with' },
    role: { type: 'string', description: `${roles.join(', ')}; Viewer unless told` },
    scope: { type: 'string', description: 'What they see: * (unless told), vendor/<id> or product/<id>' },
    ...passwordArg,
    ...jsonArg,
  },
  run: (args, context) => {
    const role = flagValue(add.name, 'role', oneOf(...roles), args.role ?? 'Viewer')
    return withPeople(context.env, async ({ registry }) => {
      const password = await newPassword(add.name, args.name, args['password-stdin'], context)
      const scope = args.scope === undefined ? {} : { scope: args.scope }
      const user = await registry.addUser({ name: args.name, password, role, ...scope, audit: byOperator() })
      const text = `${user.name} is ${user.role} of ${user.scope === '*' ? 'everything' : user.scope}.\n`
      context.out.write(args.json ? `${JSON.stringify(user)}\n` : text)
    })
  },
})

const list = command({
  name: 'pando user list',
  summary: 'List the people, with their roles and when they were last seen.',
  examples: ['pando user list', 'pando user list --json | jq .items'],
  args: jsonArg,
  run: ({ json }, { env, out }) =>
    withPeople(env, async ({ registry }) => {
      const items = await allUsers(registry)
      const rows = items.map((u) => ({
        ...u,
        state: u.disabled ? 'disabled' : '',
        lastSeen: u.lastSeen === 0 ? 'never' : new Date(u.lastSeen).toISOString(),
      }))
      out.write(json ? `${JSON.stringify({ items })}\n` : table(['id', 'name', 'role', 'scope', 'state', 'lastSeen'], rows))
    }),
})

const remove = command({
  name: 'pando user remove',
  summary: 'Remove a person, with sessions and tokens. Somebody who administers everything always stays.',
  examples: ['pando user remove alice'],
  args: { name: { type: 'positional', required: true, description: 'Who' }, ...jsonArg },
  run: (args, { env, out }) =>
    withPeople(env, async ({ registry }) => {
      const { id, name } = await userNamed(registry, args.name)
      await registry.removeUser({ id, audit: byOperator() })
      out.write(args.json ? `${JSON.stringify({ id, removed: true })}\n` : `${name} is removed.\n`)
    }),
})

const turn = (name: 'disable' | 'enable', summary: string): Command =>
  command({
    name: `pando user ${name}`,
    summary,
    examples: [`pando user ${name} alice`],
    args: { name: { type: 'positional', required: true, description: 'Who' }, ...jsonArg },
    run: (args, { env, out }) =>
      withPeople(env, async ({ registry }) => {
        const { id } = await userNamed(registry, args.name)
        const changed = await registry.editUser({ id, disabled: name === 'disable', audit: byOperator() })
        out.write(args.json ? `${JSON.stringify(changed)}\n` : `${changed.name} is ${name}d.\n`)
      }),
  })

const disable = turn(
  'disable',
  'Keep a person out: all their sessions end, their tokens are good for nothing, until they are enabled. Somebody who administers everything always stays.',
)
const enable = turn('enable', 'Let a person in again who was disabled; their tokens are good again.')

export const user: Command = command({
  name: 'pando user',
  summary:
    'The people who look after the cloud: password, add, list, disable, enable, remove; beside a running cloud or without one.',
  examples: ['pando user password', 'pando user list'],
  commands: {
    password: () => setPassword,
    add: () => add,
    list: () => list,
    disable: () => disable,
    enable: () => enable,
    remove: () => remove,
  },
})
