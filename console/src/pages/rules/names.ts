/** What a condition may name by the model, and the types that the cloud compares with. */
import type { Known, Param } from '../../lib/model.ts'
import type { Said } from './said.ts'

const typeOf = ({ typeName }: Param): string => {
  if (typeName.startsWith('float')) return 'double'
  if (typeName.includes('int')) return 'int'
  return typeName === 'bool' ? 'bool' : 'string'
}

export function namesOf(model: Known | undefined, on: Said['on']): Record<string, string> {
  if (!model) return {}
  const event = on.kind === 'event' ? model.events.find((e) => e.name === on.name) : undefined
  return Object.fromEntries([
    ...(event?.params ?? []).map((p) => [`event.${p.name}`, typeOf(p)]),
    ...model.objects.flatMap((o) => o.values.map((p) => [`status.${o.label}.${p.name}`, typeOf(p)])),
  ])
}
