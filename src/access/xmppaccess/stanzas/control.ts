/** Values as XEP-0323 and XEP-0325 name them: `label.value`, or the label alone where an object has one value. */
import { type JsonValue, type Model, type ModelObject, objectOf } from '#protocol/model.ts'
import { tlvType } from '#protocol/tlv.ts'
import { ns } from '../names.ts'
import { type Element, element } from '../xml/element.ts'

export const fieldName = ({ label, status }: ModelObject, at: number): string =>
  status.length === 1 ? label : `${label}.${status[at]!.name}`

type Said = Readonly<Record<string, readonly JsonValue[]>>

/** Each value with its object and its place, but for those that are no value of a field (NaN). */
export function* eachValue(model: Model, said: Said): Iterable<{ name: string; type: string; value: JsonValue }> {
  for (const [label, values] of Object.entries(said)) {
    const object = objectOf(model, label)
    if (object === undefined) continue
    for (const [i, value] of values.entries()) {
      const type = tlvType(object.status[i]?.valueType ?? 0)?.name
      if (value !== null && type !== undefined) yield { name: fieldName(object, i), type, value }
    }
  }
}

const kinds: Readonly<Record<string, string>> = {
  float64: 'double',
  float32: 'double',
  uint32: 'long',
  int64: 'long',
  uint64: 'long',
  bytes: 'string',
  string: 'string',
  bool: 'boolean',
}

/** What is to be set (XEP-0325 §3.2). */
export function controlOf(model: Model, said: Said): Element {
  const all = [...eachValue(model, said)].map(({ name, type, value }) =>
    element(kinds[type] ?? 'int', ns.control, { name, value: String(value) }),
  )
  return element('set', ns.control, { 'xml:lang': 'en' }, all)
}
