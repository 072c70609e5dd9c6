/** pando drain: empties a process of a cluster before it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises'
import { processContract } from '#contracts/process.ts'
import { PandoError } from '#lib/errors.ts'
import { command, jsonArg } from '../command.ts'
import { UsageError } from '../usage.ts'
import { openProcesses, type Process } from './processes.ts'

const LOOK_MS = 500

export const drain = command({
  name: 'pando drain',
  summary:
    'Empty a process of a cluster: it takes no new work, its devices are sent away in waves and come in at others, its turns go to others. Ends when it holds no device; then stop it.',
  examples: ['pando ps', 'pando drain mqttaccess-1a2b3c4d --per-second 200'],
  args: {
    instance: { type: 'positional', required: true, description: 'As pando ps names it, or its beginning' },
    'per-second': { type: 'string', default: '500', description: 'Devices that are sent away each second' },
    json: { ...jsonArg.json, description: 'Print a JSON object a line' },
  },
  async run({ instance, 'per-second': rate, json }, { env, out }) {
    const perSecond = Number(rate)
    if (!Number.isInteger(perSecond) || perSecond < 1)
      throw new UsageError('--per-second takes a whole number from 1 on', 'pando drain')
    const processes = await openProcesses(env)
    try {
      const found = one(await processes.list(), instance)
      const face = processes.at(found.address).face(processContract)
      await face.drain({ perSecond })
      for (let last = -1; ; await sleep(LOOK_MS)) {
        const { connections } = await face.state({})
        const text = json
          ? JSON.stringify({ instance: found.instance, connections })
          : `${found.instance}: ${connections} devices`
        if (connections !== last) out.write(`${text}\n`)
        last = connections
        if (connections === 0) return
      }
    } finally {
      await processes.close()
    }
  },
})

function one(all: readonly Process[], word: string): Process {
  const exact = all.filter((p) => p.instance === word)
  const found = exact.length > 0 ? exact : all.filter((p) => p.instance.startsWith(word))
  if (found.length === 1) return found[0]!
  const names = (found.length > 0 ? found : all).map((p) => p.instance).join(', ')
  throw new PandoError(
    'not_found',
    found.length > 0 ? `${word} begins several: ${names}` : `there is no ${word}; there are ${names}`,
  )
}
