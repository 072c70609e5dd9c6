/** How one product model differs from another, as those who use it feel it. */
import type { Model, ModelCall, ModelObject, ModelParam } from '#protocol/model.ts'

export interface ModelChange {
  /** `object_added`, `command_renamed`, `event_removed`, `object_values`, `command_values`, … */
  code: string
  /** `breaking`: applications or rules that used it must change; `warning`: devices are told another thing; `info`: only new */
  severity: 'info' | 'warning' | 'breaking'
  params: Record<string, unknown>
}

interface Item {
  no: number
  name: string
  part: number
  priority: number
  params: readonly ModelParam[]
}

const ofObject = (o: ModelObject): Item => ({ no: o.no, name: o.label, part: o.part, priority: 0, params: o.status })
const ofCall = (c: ModelCall): Item => c

export function modelChanges(before: Model, after: Model): ModelChange[] {
  return [
    ...changesOf('object', before.objects.map(ofObject), after.objects.map(ofObject)),
    ...changesOf('command', before.commands.map(ofCall), after.commands.map(ofCall)),
    ...changesOf('event', before.events.map(ofCall), after.events.map(ofCall)),
  ]
}

/** By number: that is what devices send. The first of two that are equal counts. */
function changesOf(what: string, before: readonly Item[], after: readonly Item[]): ModelChange[] {
  const [old, now] = [byNumber(before), byNumber(after)]
  const out: ModelChange[] = []
  for (const item of old.values()) {
    const next = now.get(item.no)
    if (!next) out.push({ code: `${what}_removed`, severity: 'breaking', params: { name: item.name, no: item.no } })
    else out.push(...between(what, item, next))
  }
  for (const item of now.values())
    if (!old.has(item.no)) out.push({ code: `${what}_added`, severity: 'info', params: { name: item.name, no: item.no } })
  return out
}

const byNumber = (items: readonly Item[]): Map<number, Item> => new Map(items.toReversed().map((i) => [i.no, i]))

function between(what: string, a: Item, b: Item): ModelChange[] {
  const params = { name: a.name, no: a.no }
  const out: ModelChange[] = []
  if (a.name !== b.name) out.push({ code: `${what}_renamed`, severity: 'breaking', params: { ...params, to: b.name } })
  const [types, wanted] = [a.params.map((p) => p.valueType), b.params.map((p) => p.valueType)]
  if (String(types) !== String(wanted))
    out.push({ code: `${what}_values`, severity: 'breaking', params: { ...params, from: types, to: wanted } })
  else if (a.params.some((p, i) => p.name !== b.params[i]!.name)) {
    const names = { from: a.params.map((p) => p.name), to: b.params.map((p) => p.name) }
    out.push({ code: `${what}_value_names`, severity: 'warning', params: { ...params, ...names } })
  }
  if (a.part !== b.part) out.push({ code: `${what}_part`, severity: 'warning', params: { ...params, from: a.part, to: b.part } })
  if (a.priority !== b.priority)
    out.push({ code: `${what}_priority`, severity: 'info', params: { ...params, from: a.priority, to: b.priority } })
  return out
}
