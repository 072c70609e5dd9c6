/** pdcfg webhook: how the receivers of applications are doing. */
import type { ReceiverState } from '#contracts/notifier.ts'
import { type Command, command, jsonArg } from '../command.ts'
import { withRegistry } from '../open.ts'
import { table } from '../table.ts'
import { flagValue } from '../usage.ts'
import { idKind } from './fields.ts'

const state = command({
  name: 'pando pdcfg webhook state',
  summary: 'How each receiver is doing, what waits for it, and when it is tried again. Needs a running cloud.',
  examples: ['pdcfg webhook state', 'pdcfg webhook state --json'],
  args: jsonArg,
  async run({ json }, { env, out }) {
    const { items } = await withRegistry(env, ({ notifier }) => notifier().state({}))
    out.write(json ? `${JSON.stringify({ items })}\n` : table(columns, items.map(readable)))
  },
})

const columns = ['applicationId', 'name', 'state', 'waiting', 'failingSince', 'nextTry', 'lastError'] as const

const readable = (s: ReceiverState): object => {
  const time = (ms: number | undefined) => (ms === undefined ? '' : new Date(ms).toISOString())
  return { ...s, failingSince: time(s.failingSince), nextTry: time(s.nextTry) }
}

const test: Command = command({
  name: 'pando pdcfg webhook test',
  summary: "Send a test to an application's receiver, once, past everything that waits. Needs a running cloud.",
  examples: ['pdcfg webhook test 1'],
  args: { application: { type: 'positional', required: true, description: 'Id of the application' }, ...jsonArg },
  async run({ application, json }, { env, out }) {
    const applicationId = flagValue(test.name, 'application', idKind, application)
    const o = await withRegistry(env, ({ notifier }) => notifier().test({ applicationId }))
    const said = o.status === undefined ? '' : `, it answered ${o.status}`
    const text = o.delivered ? `delivered in ${o.took} ms${said}` : `not delivered${said}: ${o.error ?? 'the receiver refused'}`
    out.write(json ? `${JSON.stringify(o)}\n` : `${text}\n`)
    return o.delivered ? 0 : 1
  },
})

export const webhook: Command = command({
  name: 'pando pdcfg webhook',
  summary: 'Receivers of webhooks: state, test.',
  examples: ['pdcfg webhook state', 'pdcfg webhook test 1'],
  commands: { state: () => state, test: () => test },
})
