/** pdcfg deadletter: webhooks that were given up. */
import type { DeadLetter } from '#contracts/registry.ts'
import { isPandoError } from '#lib/errors.ts'
import { type Command, command, jsonArg } from '../command.ts'
import { type Opened, withRegistry } from '../open.ts'
import { table } from '../table.ts'
import { flagValue, UsageError } from '../usage.ts'
import { idKind } from './fields.ts'

const PAGE = 100

const list = command({
  name: 'pando pdcfg deadletter list',
  summary: 'List webhook deliveries that were given up, oldest first.',
  examples: ['pdcfg deadletter list', 'pdcfg deadletter list --application 1 --json'],
  args: {
    application: { type: 'string', valueHint: 'id', description: 'Only those of this application' },
    after: { type: 'string', valueHint: 'id', description: 'Only those with a greater id' },
    ...jsonArg,
  },
  async run({ application, after, json }, { env, out }) {
    const name = 'pando pdcfg deadletter list'
    const applicationId = application === undefined ? undefined : flagValue(name, 'application', idKind, application)
    const page = {
      limit: PAGE,
      ...(applicationId !== undefined && { applicationId }),
      ...(after !== undefined && { after: flagValue(name, 'after', idKind, after) }),
    }
    const { items } = await withRegistry(env, ({ registry }) => registry.deadLetters(page))
    out.write(json ? `${JSON.stringify({ items })}\n` : textOf(items))
  },
})

function textOf(items: readonly DeadLetter[]): string {
  if (items.length === 0) return 'No deliveries were given up.\n'
  const rows = items.map((l) => ({ ...l, failedAt: new Date(l.failedAt).toISOString() }))
  const rest = items.length === PAGE ? `There may be more: --after ${items.at(-1)!.id}\n` : ''
  return table(['id', 'applicationId', 'deviceId', 'failedAt', 'tries', 'lastError'], rows) + rest
}

interface Outcome {
  id: number
  delivered: boolean
  error?: string
}

const redeliver = command({
  name: 'pando pdcfg deadletter redeliver',
  summary: 'Send deliveries once more, under the same webhook-id; what the receiver confirms leaves the list.',
  examples: ['pdcfg deadletter redeliver 7', 'pdcfg deadletter redeliver all --json'],
  args: { id: { type: 'positional', required: true, description: 'Its id, or all' }, ...jsonArg },
  async run({ id, json }, { env, out }) {
    const outcomes = await withRegistry(env, async (o) => {
      const sent: Outcome[] = []
      for await (const letter of lettersOf(o, id)) sent.push(await sendAgain(o, letter))
      return sent
    })
    for (const o of outcomes) {
      const text = o.delivered ? `${o.id} is delivered` : `${o.id} is not delivered: ${o.error ?? 'the receiver refused'}`
      out.write(json ? `${JSON.stringify(o)}\n` : `${text}\n`)
    }
    return outcomes.every((o) => o.delivered) ? 0 : 1
  },
})

async function* lettersOf({ registry }: Opened, id: string): AsyncGenerator<number> {
  if (id !== 'all') {
    if (!/^\d+$/.test(id)) throw new UsageError(`${id} is not an id; \`pdcfg deadletter list\` prints them`, redeliver.name)
    yield Number(id)
    return
  }
  for (let after = 0; ; ) {
    const { items } = await registry.deadLetters({ after, limit: PAGE })
    for (const letter of items) yield letter.id
    if (items.length < PAGE) return
    after = items.at(-1)!.id
  }
}

async function sendAgain({ notifier }: Opened, id: number): Promise<Outcome> {
  try {
    const { delivered, error } = await notifier().redeliver({ id })
    return { id, delivered, ...(error !== undefined && { error }) }
  } catch (e) {
    if (isPandoError(e, 'unavailable')) throw e
    return { id, delivered: false, error: (e as Error).message }
  }
}

export const deadletter: Command = command({
  name: 'pando pdcfg deadletter',
  summary: 'Webhooks that were given up: list, redeliver.',
  examples: ['pdcfg deadletter list', 'pdcfg deadletter redeliver all'],
  commands: { list: () => list, redeliver: () => redeliver },
})
