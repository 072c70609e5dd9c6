/** Rules as the old application API says them (docs/application-api.md §3), read in the new form. */
import type { RuleDefinition } from '#contracts/controller.ts'
import type { OldRule } from '#contracts/registry.ts'
import { PandoError } from '#lib/errors.ts'
import { commandFromJson, type Model, objectOf, statusFromJson } from '#protocol/model.ts'
import { plainValues } from '../commands/values.ts'
import { fitting } from '../down.ts'

const TARGET = /^device\/([^/]+)\/(command|status)$/

const wrong = (field: string, message: string): PandoError =>
  new PandoError('invalid', `${field}: ${message}`, { errors: [{ pointer: `/${field}`, code: 'form', message, params: {} }] })

/** The identifier of the target. `invalid` */
export function oldTarget(old: OldRule): { identifier: string; kind: 'command' | 'status' } {
  if (old.type !== 'timer' && old.type !== 'ifttt') throw wrong('type', 'must be timer or ifttt')
  if (old.trigger === '') throw wrong('trigger', 'is empty')
  const found = TARGET.exec(old.target)
  if (!found) throw wrong('target', 'must be device/{identifier}/command or device/{identifier}/status')
  return { identifier: found[1]!, kind: found[2] as 'command' | 'status' }
}

/** `device`: the identifier that the rule hangs on; `model`: the target's. `invalid`, `frame_invalid` */
export function fromOld(old: OldRule, device: string, model: Model): RuleDefinition {
  const { identifier, kind } = oldTarget(old)
  const on =
    old.type === 'timer' ? ({ kind: 'timer', cron: old.trigger } as const) : ({ kind: 'event', name: old.trigger } as const)
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule's sentence; a definition is never awaited
  return { device, on, then: [fitting(() => action(kind, identifier, old.action, model))] }
}

function action(kind: 'command' | 'status', device: string, text: string, model: Model): RuleDefinition['then'][number] {
  if (kind === 'command') {
    const { name, types, values } = commandFromJson(model, text)
    return { do: 'command', device, name, params: plainValues(types, values) }
  }
  const values = statusFromJson(model, text).map(
    (p) => [objectOf(model, p.object)!.label, plainValues(p.types, p.values)] as const,
  )
  return { do: 'status', device, values: Object.fromEntries(values) }
}
