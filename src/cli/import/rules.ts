/** Rules of the old cloud, which belonged to a device and to no application. They are checked as any rule is. */
import type { Face } from '#contracts/contract.ts'
import type { controller } from '#contracts/controller.ts'
import type { Adoption, Rule, registry, OldRule as Said } from '#contracts/registry.ts'
import { isPandoError, PandoError } from '#lib/errors.ts'
import { byOperator } from '../people.ts'
import type { Known } from './records.ts'
import type { Report } from './report.ts'
import type { OldRule } from './rows.ts'

interface Moving {
  registry: Face<typeof registry>
  controller: Face<typeof controller>
  say: Report['say']
  check: boolean
  known: Known
}

const TARGET = /^device\/([^/]+)\/(?:command|status)$/
const FORM = /^(timer|ifttt)$/
const PAGE = 1000

const refused = (why: string): Adoption => ({ outcome: 'refused', why })
const keyOf = (deviceId: number, s: Said): string => JSON.stringify([deviceId, s.type, s.trigger, s.target, s.action])

export async function moveRules(m: Moving, rules: AsyncIterable<OldRule>): Promise<void> {
  const there = await rulesThere(m.registry)
  for await (const r of rules) {
    const said = { type: r.type, trigger: r.trigger, target: r.target, action: r.action }
    const key = keyOf(r.deviceId, said)
    m.say('rule', r.id, there.has(key) ? { outcome: 'there', why: '' } : await moveRule(m, r, said))
    there.add(key)
  }
}

async function rulesThere(r: Moving['registry']): Promise<Set<string>> {
  const keys = new Set<string>()
  for (let after = 0, items: Rule[] = []; ; ) {
    items = (await r.rules({ after, limit: PAGE })).items
    for (const rule of items) if (rule.old) keys.add(keyOf(rule.deviceId, rule.old))
    if (items.length < PAGE) return keys
    after = items.at(-1)!.id
  }
}

async function moveRule(m: Moving, r: OldRule, old: Said): Promise<Adoption> {
  try {
    const why = await whyOff(m, r)
    const asked = { old, applicationId: 0, deviceId: r.deviceId }
    if (!FORM.test(r.type) || !TARGET.test(r.target))
      return refused(`it is no rule: type ${JSON.stringify(r.type)}, target ${JSON.stringify(r.target)}`)
    if (!m.check) {
      const more = { name: `rule ${r.id} of the old cloud`, enabled: why === '', audit: byOperator() }
      await m.controller.saveRule({ ...asked, ...more })
    } else if (!m.known.devices.has(r.deviceId)) {
      const { errors } = await m.controller.checkRule(asked)
      if (errors[0]) return refused(errors[0].message)
    }
    return { outcome: 'moved', why: why === '' ? '' : `switched off: ${why}` }
  } catch (e) {
    if (!isPandoError(e) || e.retry) throw e
    return refused(e.message)
  }
}

/** Why it is moved but switched off; '' where it is not. Refuses what hangs on a device that is not there. */
async function whyOff({ registry, known }: Moving, r: OldRule): Promise<string> {
  if (known.devices.has(r.deviceId)) return ''
  const own = r.deviceId > 0 ? (await registry.devicesById({ ids: [r.deviceId] })).items[0] : undefined
  if (!own) throw new PandoError('device_unknown', `its device ${r.deviceId} is not here`)
  if (r.once) return 'it was to run once, and whether it has is not known'
  const identifier = TARGET.exec(r.target)?.[1]
  if (identifier === undefined) return ''
  const target = await registry.deviceByIdentifier({ identifier }).catch((e: unknown) => {
    if (isPandoError(e, 'device_unknown')) return undefined
    throw e
  })
  return target && target.vendorId !== own.vendorId ? 'it reaches a device of another vendor; look at it, and switch it on' : ''
}
