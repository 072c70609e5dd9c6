/** What is known of a device's values, under the names that its model gives them now. */
import type { Current } from '#core/history/port.ts'
import { stringifyExact } from '#protocol/json.ts'
import { objectOf, statusToJson } from '#protocol/model.ts'
import { plainValue } from './commands/values.ts'
import { currentProperties } from './current.ts'
import type { WayDown } from './down.ts'

export interface Values {
  /** `{label: [v, …]}` */
  latest(deviceId: number): Promise<string>
  /** `{label: {name: {v, at}}}` */
  named(deviceId: number): Promise<string>
}

export function makeValues(down: Pick<WayDown, 'find'>, current: Current): Values {
  return {
    async latest(deviceId) {
      const { model } = await down.find(deviceId)
      return stringifyExact(statusToJson(model, { properties: currentProperties(current, deviceId) }).data)
    },
    async named(deviceId) {
      const { model } = await down.find(deviceId)
      const labels: Record<string, Record<string, { v: unknown; at: number }>> = Object.create(null)
      for (const { object, types, values, time } of currentProperties(current, deviceId)) {
        const known = objectOf(model, object)
        if (!known) continue
        const named: Record<string, { v: unknown; at: number }> = Object.create(null)
        for (const [i, v] of values.entries())
          named[known.status[i]?.name ?? `#${i + 1}`] = { v: plainValue(types[i]!, v), at: time }
        labels[known.label] = named
      }
      return JSON.stringify(labels)
    },
  }
}
