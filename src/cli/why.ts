/** pando why: why is this device offline, or since when is it online. */
import { type Cause, causes } from '#contracts/causes.ts'
import type { Face } from '#contracts/contract.ts'
import { controller, type DiaryEntry } from '#contracts/controller.ts'
import { devicemanager, type Route } from '#contracts/devicemanager.ts'
import { type Device, registry } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { command, jsonArg } from './command.ts'
import { runningCloud } from './running.ts'

const DEFAULT_LIMIT = 10

export const why = command({
  name: 'pando why',
  summary: 'Why is a device offline, or since when is it online? Tells it in one sentence, with the last entries of its diary.',
  examples: ['pando why 1-1-lamp-7', 'pando why 1-1-lamp-7 --json | jq .sentence'],
  args: {
    identifier: { type: 'positional', required: true, description: "The device's identifier: vendor-product-serial" },
    ...jsonArg,
  },
  async run({ identifier, json }, { env, out }) {
    const cloud = await runningCloud(env, 'to know which devices are connected')
    try {
      const device = await deviceOf(cloud.face(registry), identifier)
      const [routes, diary] = await Promise.all([
        cloud.face(devicemanager).routes({ devices: [device.id] }),
        cloud.face(controller).diary({ deviceId: device.id, limit: DEFAULT_LIMIT }),
      ])
      const answer = answerOf(device, routes.items[0], diary.items)
      out.write(json ? `${JSON.stringify(answer)}\n` : textOf(answer))
    } finally {
      await cloud.close()
    }
  },
})

async function deviceOf(r: Pick<Face<typeof registry>, 'deviceByIdentifier'>, identifier: string): Promise<Device> {
  try {
    return await r.deviceByIdentifier({ identifier })
  } catch (e) {
    if (!isPandoError(e, 'device_unknown')) throw e
    const message = `no device has the identifier ${identifier}; \`pando pdcfg device list\` prints them`
    throw new PandoError('device_unknown', message, { identifier }, e)
  }
}

interface Entry extends DiaryEntry {
  help?: string
}
interface Answer {
  identifier: string
  online: boolean
  sentence: string
  route?: Route
  diary: Entry[]
}

const helpOf = (cause: string | undefined): string | undefined =>
  cause !== undefined && Object.hasOwn(causes, cause) ? causes[cause as Cause].help : undefined

/** What is known of a device's connection, and the sentence that says it. */
export function answerOf(device: Pick<Device, 'identifier'>, route: Route | undefined, diary: readonly DiaryEntry[]): Answer {
  const entries = diary.map((d) => ({ ...d, ...(helpOf(d.cause) && { help: helpOf(d.cause) }) }))
  return {
    identifier: device.identifier,
    online: route !== undefined,
    sentence: `${device.identifier} is ${route ? onlineSince(route) : offlineBecause(entries)}`,
    ...(route && { route }),
    diary: entries,
  }
}

const onlineSince = (r: Route): string => `online since ${time(r.since)} by ${r.protocol} from ${r.address}, held by ${r.node}.`

const because = (e: Entry): string => `(${e.cause ?? e.kind}): ${e.help ?? 'no cause is known.'}`

function offlineBecause(entries: readonly Entry[]): string {
  const ended = entries.find((e) => e.kind === 'offline')
  const refused = entries.find((e) => e.help?.includes('efused'))
  if (refused && !(ended && ended.at > refused.at)) {
    const since = ended ? `since ${time(ended.at)}, and` : 'and'
    return `offline ${since} it was turned away at ${time(refused.at)} ${because(refused)}`
  }
  if (ended) return `offline since ${time(ended.at)} ${because(ended)}`
  const newest = entries[0]
  if (!newest) return 'offline: nothing is known of a connection of this device.'
  return `offline: it has not connected yet; the last that is known is from ${time(newest.at)}: ${newest.help ?? newest.kind}`
}

const time = (ms: number): string => new Date(ms).toISOString()

function textOf({ sentence, diary }: Answer): string {
  const line = (e: Entry) => {
    const params = Object.entries(e.params).map(([k, v]) => `${k}=${String(v)}`)
    const head = [time(e.at), e.kind.padEnd(8), e.cause ?? '', ...params].join(' ').trimEnd()
    return e.help ? `  ${head}\n    ${e.help}\n` : `  ${head}\n`
  }
  return `${sentence}\n${diary.map(line).join('')}`
}
