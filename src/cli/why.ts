/** pando why: why is this device offline, or since when is it online. */
import { type Cause, causes } from '#contracts/causes.ts'
import { controller, type DiaryEntry } from '#contracts/controller.ts'
import { devicemanager, type Route } from '#contracts/devicemanager.ts'
import { type Judgement, judge } from '#contracts/judgement.ts'
import { judgementText } from '#contracts/judgementtext.ts'
import { type Device, registry } from '#contracts/registry.ts'
import { command, jsonArg } from './command.ts'
import { deviceNamed } from './devices.ts'
import { runningCloud } from './running.ts'

/** As many as the management API reads for the same judgement. */
const READ = 1000
const SHOWN = 10

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
      const device = await deviceNamed(cloud.face(registry), identifier)
      const [routes, diary] = await Promise.all([
        cloud.face(devicemanager).routes({ devices: [device.id] }),
        cloud.face(controller).diary({ deviceId: device.id, limit: READ }),
      ])
      const answer = answerOf(device, routes.items[0], diary.items)
      out.write(json ? `${JSON.stringify(answer)}\n` : textOf(answer))
    } finally {
      await cloud.close()
    }
  },
})

interface Entry extends DiaryEntry {
  help?: string
}
interface Answer extends Judgement {
  identifier: string
  online: boolean
  sentence: string
  /** what mends it */
  todo?: string
  route?: Route
  diary: Entry[]
}

const helpOf = (cause: string | undefined): string | undefined =>
  cause !== undefined && Object.hasOwn(causes, cause) ? causes[cause as Cause].help : undefined

/** The judgement that the management API gives too, and the sentence that says it. */
export function answerOf(
  device: Pick<Device, 'identifier'>,
  route: Route | undefined,
  diary: readonly DiaryEntry[],
  now = Date.now(),
): Answer {
  const judged = judge(diary, route, now)
  const { head, text, todo } = judgementText('en', judged, times)
  const { cause } = judged.params
  return {
    identifier: device.identifier,
    online: route !== undefined,
    sentence: `${device.identifier}: ${head}${typeof cause === 'string' ? ` (${cause})` : ''}. ${text}`,
    ...(todo !== undefined && { todo }),
    ...judged,
    ...(route && { route }),
    diary: diary.slice(0, SHOWN).map((d) => ({ ...d, ...(helpOf(d.cause) && { help: helpOf(d.cause) }) })),
  }
}

const time = (ms: number): string => new Date(ms).toISOString()
const times = {
  when: time,
  span(ms: number): string {
    const s = Math.max(1, Math.round(ms / 1000))
    return s < 120 ? `${s} s` : s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`
  },
}

function textOf({ sentence, todo, diary }: Answer): string {
  const line = (e: Entry) => {
    const params = Object.entries(e.params).map(([k, v]) => `${k}=${String(v)}`)
    const head = [time(e.at), e.kind.padEnd(8), ...(e.cause ? [e.cause] : []), ...params].join(' ').trimEnd()
    return e.help ? `  ${head}\n    ${e.help}\n` : `  ${head}\n`
  }
  return `${sentence}\n${todo === undefined ? '' : `→ ${todo}\n`}${diary.map(line).join('')}`
}
